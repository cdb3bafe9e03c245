import type { User } from '../api/Session.tsx'
import { MessageCard } from './MessageCard.tsx'
import { SendAgain } from './SendAgain.tsx'

/** Replaces the screens that need credits until the user verifies the email address. */
export function CheckInbox({ user }: { user: User }) {
  return (
    <MessageCard
      title="Check your inbox"
      lead={
        <>
          We sent an email to <bdi>{user.email}</bdi>. Open the link in it to get your free credits.
        </>
      }
    >
      <p>The email can take a few minutes to arrive. Check your spam folder too.</p>
      <SendAgain user={user} />
      <p>Wrong address? Sign out, then create an account with the right one.</p>
    </MessageCard>
  )
}
