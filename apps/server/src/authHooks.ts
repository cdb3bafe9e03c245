import { createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'

export interface SignedIn {
  id: string
  name: string
  email: string
}

const signUp = z.object({ email: z.string() })

/** Longer than a sign-up takes: whoever has no password by then never gets one. */
const halfMs = 60_000

/** What happens beside better-auth's own handling; `onSignIn` is called for each session that begins, and nobody waits for it. */
export const authHooks = (onSignIn: (user: SignedIn) => void) => ({
  // On SQLite a sign-up is no transaction (`auth.ts`). A process that died between the user and its password has left an address that could
  // neither sign in nor sign up.
  before: createAuthMiddleware(async ({ path, body, context: { internalAdapter } }) => {
    const wanted = path === '/sign-up/email' ? signUp.safeParse(body) : null
    if (!wanted?.success) return
    const known = await internalAdapter.findUserByEmail(wanted.data.email, { includeAccounts: true })
    if (!known || known.accounts.length > 0) return
    if (Date.now() - known.user.createdAt.getTime() > halfMs) await internalAdapter.deleteUser(known.user.id)
  }),

  after: createAuthMiddleware(async ({ context: { newSession } }) => {
    if (newSession) onSignIn(newSession.user)
  }),
})
