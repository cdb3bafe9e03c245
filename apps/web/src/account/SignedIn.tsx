import { useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type User, useUser } from '../api/Session.tsx'
import { Redirect } from './Redirect.tsx'

/**
 * Renders its children for the signed-in user. Sends other visitors to the sign-in screen, which then returns
 * them to this screen.
 */
export function SignedIn({ children }: { children: (user: User) => ReactNode }) {
  const user = useUser()
  const here = useLocation({ select: (location) => location.href })
  if (user === null)
    return <Redirect href={here === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: here })}`} />
  return children(user)
}
