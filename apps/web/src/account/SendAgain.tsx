import { useState } from 'react'
import { authClient } from '../api/authClient.ts'
import type { User } from '../api/Session.tsx'
import { BusyButton } from '../parts/BusyButton.tsx'
import { problemOf } from './problemOf.ts'

/** Shows a button that sends the verification email again, and the outcome after a click. */
export function SendAgain({ user: { email } }: { user: User }) {
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<string | null>(null)

  async function send() {
    setBusy(true)
    setOutcome(null)
    const problem = await problemOf(authClient.sendVerificationEmail({ email }))
    setOutcome(problem ?? 'We sent the email again.')
    setBusy(false)
  }

  return (
    <>
      <BusyButton size="sm" variant="default" busy={busy} onClick={() => void send()}>
        {busy ? 'Sending…' : 'Send again'}
      </BusyButton>
      <p role="status">{outcome}</p>
    </>
  )
}
