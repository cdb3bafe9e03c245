import { useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useUser } from '../api/Session.tsx'
import { Redirect } from './Redirect.tsx'

/** Renders its children for a visitor. Sends a signed-in user to the requested screen. */
export function SignedOut({ children }: { children: ReactNode }) {
  const user = useUser()
  const { next } = useSearch({ strict: false })
  return user === null ? children : <Redirect href={next ?? '/'} />
}
