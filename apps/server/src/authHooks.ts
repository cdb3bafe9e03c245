import { createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { explainLostRace, refuseKnownAddress } from './account/knownAddress.ts'

interface SignedIn {
  id: string
  name: string
  email: string
}

const signUp = z.object({ email: z.string() })

export interface AuthEvents {
  /**
   * Called when a session starts or is extended. better-auth extends an active session once a day. Must not
   * block.
   */
  onSignIn: (user: SignedIn) => void
  /** Epoch milliseconds. */
  now: () => number
}

/** Extends better-auth: allows one account per email address, and reports new sessions. */
export const authHooks = ({ onSignIn, now }: AuthEvents) => ({
  before: createAuthMiddleware(async ({ path, body, context }) => {
    const email = signUpAddress(path, body)
    if (email !== null) await refuseKnownAddress(context, email, now())
  }),

  after: createAuthMiddleware(async ({ path, body, context }) => {
    if (context.newSession) onSignIn(context.newSession.user)
    const email = signUpAddress(path, body)
    if (email !== null) await explainLostRace(context, email, context.returned)
  }),
})

/** Returns the email address of a sign-up, or null for any other request. */
function signUpAddress(path: string, body: unknown): string | null {
  const wanted = path === '/sign-up/email' ? signUp.safeParse(body) : null
  return wanted?.success ? wanted.data.email : null
}
