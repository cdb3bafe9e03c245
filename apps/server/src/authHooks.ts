import { createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'

interface SignedIn {
  id: string
  name: string
  email: string
}

const signUp = z.object({ email: z.string() })

/** Longer than a sign-up takes. A user without a password by then is left over from a crash. */
const signUpMaxMs = 60_000

export interface AuthEvents {
  /** Called when a session starts, and when better-auth extends one (once a day while in use). Must not block. */
  onSignIn: (user: SignedIn) => void
  /** Epoch milliseconds. */
  now: () => number
}

/** Extends better-auth: repairs interrupted sign-ups and reports new sessions. */
export const authHooks = ({ onSignIn, now }: AuthEvents) => ({
  // On SQLite, a sign-up is not a transaction (see auth.ts). A process that dies between writing the user and the password
  // leaves an email address that can neither sign in nor sign up. Delete such a user before the next sign-up.
  before: createAuthMiddleware(async ({ path, body, context: { internalAdapter } }) => {
    const wanted = path === '/sign-up/email' ? signUp.safeParse(body) : null
    if (!wanted?.success) return
    const known = await internalAdapter.findUserByEmail(wanted.data.email, { includeAccounts: true })
    if (!known || known.accounts.length > 0) return
    if (now() - known.user.createdAt.getTime() > signUpMaxMs) await internalAdapter.deleteUser(known.user.id)
  }),

  after: createAuthMiddleware(async ({ context: { newSession } }) => {
    if (newSession) onSignIn(newSession.user)
  }),
})
