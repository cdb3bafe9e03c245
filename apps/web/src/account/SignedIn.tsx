import { useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { awaitsVerification, type User, useUser } from '../api/Session.tsx'
import { CheckInbox } from './CheckInbox.tsx'
import { Redirect } from './Redirect.tsx'

/**
 * Renders its children for the signed-in user. Sends other visitors to the sign-in screen, which then returns
 * them to this screen. Asks a user to verify the email address first, if the server requires it.
 */
export function SignedIn({ children }: { children: (user: User) => ReactNode }) {
  const user = useUser()
  const here = useLocation({ select: (location) => location.href })
  if (user === null)
    return <Redirect href={here === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: here })}`} />
  return awaitsVerification(user) ? <CheckInbox user={user} /> : children(user)
}
