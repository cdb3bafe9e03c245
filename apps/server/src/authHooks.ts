import { createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'

interface SignedIn {
  id: string
  name: string
  email: string
}

const signUp = z.object({ email: z.string() })

/**
 * The maximum duration of a sign-up. If a user still has no password after this time, a crash interrupted the
 * sign-up.
 */
const signUpMaxMs = 60_000

export interface AuthEvents {
  /**
   * Called when a session starts or is extended. better-auth extends an active session once a day. Must not
   * block.
   */
  onSignIn: (user: SignedIn) => void
  /** Epoch milliseconds. */
  now: () => number
}

/** Extends better-auth: repairs interrupted sign-ups and reports new sessions. */
export const authHooks = ({ onSignIn, now }: AuthEvents) => ({
  // On SQLite, a sign-up is not a transaction (see auth.ts). If the process dies after writing the user but
  // before writing the password, that email address can be used neither to sign in nor to sign up. This hook
  // deletes such a user before the next sign-up.
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
