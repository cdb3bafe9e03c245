import { useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { awaitsVerification, type User, useUser } from '../api/Session.tsx'
import { CheckInbox } from './CheckInbox.tsx'
import { Redirect } from './Redirect.tsx'

/**
 * Renders its children for the signed-in user. Redirects signed-out visitors to the sign-in screen. After signing
 * in, they return to this screen. If the server requires verified email addresses, first asks an unverified user to
 * verify the email address.
 */
export function SignedIn({ children }: { children: (user: User) => ReactNode }) {
  const user = useUser()
  const here = useLocation({ select: (location) => location.href })
  if (user === null)
    return <Redirect href={here === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: here })}`} />
  return awaitsVerification(user) ? <CheckInbox user={user} /> : children(user)
}
