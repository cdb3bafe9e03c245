import { Button } from '@mantine/core'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'

/**
 * Refetches the session so that the app treats the user as signed out, and opens the sign-in screen. After signing
 * in, the user returns to this screen.
 */
export function SignInAgain() {
  const { refetch } = authClient.useSession()
  const navigate = useNavigate()
  const next = useLocation({ select: (location) => location.href })
  async function signInAgain() {
    await refetch({ query: { disableCookieCache: true } })
    await navigate({ to: '/sign-in', search: { next }, replace: true })
  }
  return (
    <Button size="sm" onClick={() => void signInAgain()}>
      Sign in again
    </Button>
  )
}
