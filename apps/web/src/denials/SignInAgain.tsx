import { Button } from '@mantine/core'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'

/** Asking who is here settles it: nobody. Signing in then leads back here, from a screen that anybody may see, too. */
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
