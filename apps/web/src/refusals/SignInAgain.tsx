import { Button } from '@mantine/core'
import { authClient } from '../authClient.ts'

/** Asking who is here settles it: nobody, and the screen leads to signing in and back. */
export function SignInAgain() {
  const { refetch } = authClient.useSession()
  return (
    <Button size="sm" onClick={() => void refetch({ query: { disableCookieCache: true } })}>
      Sign in again
    </Button>
  )
}
