import { createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'

interface SignedIn {
  id: string
  name: string
  email: string
}

const signUp = z.object({ email: z.string() })

/** Longer than a sign-up takes: whoever has no password by then never gets one. */
const halfMs = 60_000

export interface AuthEvents {
  /** Told of each session that begins, and of each that better-auth extends, which is once a day while it is used; nobody waits for it. */
  onSignIn: (user: SignedIn) => void
  /** Epoch milliseconds. */
  now: () => number
}

/** What happens beside better-auth's own handling. */
export const authHooks = ({ onSignIn, now }: AuthEvents) => ({
  // On SQLite a sign-up is no transaction (`auth.ts`). A process that died between the user and its password has left an address that could
  // neither sign in nor sign up.
  before: createAuthMiddleware(async ({ path, body, context: { internalAdapter } }) => {
    const wanted = path === '/sign-up/email' ? signUp.safeParse(body) : null
    if (!wanted?.success) return
    const known = await internalAdapter.findUserByEmail(wanted.data.email, { includeAccounts: true })
    if (!known || known.accounts.length > 0) return
    if (now() - known.user.createdAt.getTime() > halfMs) await internalAdapter.deleteUser(known.user.id)
  }),

  after: createAuthMiddleware(async ({ context: { newSession } }) => {
    if (newSession) onSignIn(newSession.user)
  }),
})
