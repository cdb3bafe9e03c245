import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { authClient } from './api/authClient.ts'
import { Session, type User } from './api/Session.tsx'
import { router } from './router.tsx'
import { Starting } from './shell/Starting.tsx'
import { Unreachable } from './shell/Unreachable.tsx'

export function App() {
  const { data, error, isPending, refetch } = authClient.useSession()
  // While the user is signed out, a refetch (on focus, for example) reports `isPending`. Keep the last known
  // user until the refetch ends.
  const [user, setUser] = useState<User | null | undefined>(undefined)
  const latest = data ? data.user : isPending || error ? user : null
  if (latest?.id !== user?.id || (latest === null) !== (user === null)) setUser(latest)

  if (latest === undefined)
    return error && !isPending ? <Unreachable retry={() => void refetch()} /> : <Starting />
  return (
    <Session key={latest?.id ?? 'signed out'} user={latest} onUserChange={() => void refetch()}>
      <RouterProvider router={router} />
    </Session>
  )
}
