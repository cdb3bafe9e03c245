import type { User } from '../api/Session.tsx'
import { MessageCard } from './MessageCard.tsx'
import { SendAgain } from './SendAgain.tsx'

/** While the user's email address is unverified, replaces the screens that need credits. */
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
