import { useSearch } from '@tanstack/react-router'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { LinkButton } from '../parts/LinkButton.tsx'
import { MessageCard } from './MessageCard.tsx'
import { Redirect } from './Redirect.tsx'
import { SendAgain } from './SendAgain.tsx'

/** Shows whether the link in the verification email worked. The server checks the link, and redirects here. */
export function VerifiedScreen() {
  const user = useUser()
  const { error } = useSearch({ strict: false })
  if (error === undefined && user === null)
    return (
      <MessageCard
        title="Your email address is confirmed"
        lead="Your free credits are ready. Return to the page where you signed up, or sign in here."
      >
        <LinkButton to="/sign-in">Sign in</LinkButton>
      </MessageCard>
    )
  if (error === undefined || (user !== null && !awaitsVerification(user))) return <Redirect href="/" />
  return (
    <MessageCard
      title="This link doesn't work"
      lead="The link may have expired. Each link works for one hour."
    >
      {user ? <SendAgain user={user} /> : <LinkButton to="/sign-in">Sign in to get a new link</LinkButton>}
    </MessageCard>
  )
}
