import { useLocation, useNavigate } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { AccountForm } from './AccountForm.tsx'
import { AccountLink } from './AccountLink.tsx'
import { MessageCard } from './MessageCard.tsx'
import { problemOf } from './problemOf.ts'

/** Sets a new password. The link in the email opens this screen, with a token in the URL's fragment. */
export function ResetPasswordScreen() {
  const token = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get('token') })
  const { refetch } = authClient.useSession()
  const navigate = useNavigate()
  if (!token)
    return (
      <MessageCard
        title="This link is incomplete"
        lead="Open the full link from the email, or request a new email."
      >
        <LinkButton to="/forgot-password">Request a new email</LinkButton>
      </MessageCard>
    )

  async function send({ newPassword }: { newPassword: string }) {
    const problem = await problemOf(authClient.resetPassword({ newPassword, token: token ?? '' }))
    if (problem !== null) return problem
    // Changing the password ends all sessions, including the session in this browser, so refetch the session.
    await refetch({ query: { disableCookieCache: true } })
    await navigate({ to: '/sign-in', search: { password: 'changed' }, replace: true })
    return null
  }

  return (
    <AccountForm
      title="Choose a new password"
      lead="Changing your password will sign you out everywhere."
      submit="Change password"
      submitting="Changing your password…"
      fields={['newPassword']}
      send={send}
    >
      <AccountLink to="/forgot-password">Request a new email</AccountLink>
    </AccountForm>
  )
}
