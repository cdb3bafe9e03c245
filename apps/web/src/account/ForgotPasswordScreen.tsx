import { useState } from 'react'
import { authClient } from '../api/authClient.ts'
import { AccountForm } from './AccountForm.tsx'
import { AccountLink } from './AccountLink.tsx'
import { MessageCard } from './MessageCard.tsx'
import { problemOf } from './problemOf.ts'
import { SignedOut } from './SignedOut.tsx'

export function ForgotPasswordScreen() {
  const [sentTo, setSentTo] = useState<string | null>(null)

  async function send({ email }: { email: string }) {
    const problem = await problemOf(authClient.requestPasswordReset({ email }))
    if (problem === null) setSentTo(email)
    return problem
  }

  if (sentTo !== null)
    return (
      <MessageCard
        title="Check your inbox"
        lead={
          <>
            If <bdi>{sentTo}</bdi> has an account, we sent an email with a link to choose a new password.
          </>
        }
      >
        <p>The email can take a few minutes to arrive. Check your spam folder too.</p>
        <AccountLink to="/sign-in">Back to sign in</AccountLink>
      </MessageCard>
    )
  return (
    <SignedOut>
      <AccountForm
        title="Forgot your password?"
        lead="We'll email you a link to choose a new password."
        submit="Send email"
        submitting="Sending…"
        fields={['email']}
        send={send}
      >
        <AccountLink to="/sign-in">Back to sign in</AccountLink>
      </AccountForm>
    </SignedOut>
  )
}
