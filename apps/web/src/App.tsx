import { RouterProvider } from '@tanstack/react-router'
import { useLayoutEffect, useState } from 'react'
import { authClient } from './api/authClient.ts'
import { Session, type User } from './api/Session.tsx'
import { router } from './router.tsx'
import { Unreachable } from './shell/Unreachable.tsx'

export function App() {
  const { data, error, isPending, refetch } = authClient.useSession()
  // While the user is signed out, a refetch (on focus, for example) reports `isPending`. Keep the last known
  // user until the refetch ends.
  const [user, setUser] = useState<User | null | undefined>(undefined)
  const latest = data ? data.user : isPending || error ? user : null
  if (latest?.id !== user?.id || (latest === null) !== (user === null)) setUser(latest)

  const isUnreachable = latest === undefined && error !== null && !isPending
  const isStarting = latest === undefined && !isUnreachable
  useLayoutEffect(() => {
    document.getElementById('starting')?.toggleAttribute('hidden', !isStarting)
  }, [isStarting])

  if (isUnreachable) return <Unreachable retry={() => void refetch()} />
  // While the session loads, the page shows the placeholder in index.html.
  if (latest === undefined) return null
  return (
    <Session key={latest?.id ?? 'signed out'} user={latest} onUserChange={() => void refetch()}>
      <RouterProvider router={router} />
    </Session>
  )
}
