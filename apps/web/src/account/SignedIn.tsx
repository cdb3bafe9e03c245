import { useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type User, useUser } from '../api/Session.tsx'
import { Redirect } from './Redirect.tsx'

/** Shows its children to the person who is signed in; sends anybody else to sign in and back here afterwards. */
export function SignedIn({ children }: { children: (user: User) => ReactNode }) {
  const user = useUser()
  const here = useLocation({ select: (location) => location.href })
  if (user === null)
    return <Redirect href={here === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: here })}`} />
  return children(user)
}
