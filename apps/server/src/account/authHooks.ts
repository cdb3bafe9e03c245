import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api'
import { expireCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { clientAddressOf } from '../limits/clientAddress.ts'
import { refuseBadFields } from './fieldRules.ts'
import { explainLostRace, refuseKnownAddress } from './knownAddress.ts'
import type { CountMail } from './mailLimit.ts'

interface SignedIn {
  id: string
  name: string
  email: string
  emailVerified: boolean
}

const signUpPath = '/sign-up/email'
const withEmail = z.object({ email: z.string() })

export interface AuthEvents {
  /**
   * Called when a session starts or is extended, and when a user verifies the email address. better-auth extends
   * an active session once a day. Must not block.
   */
  onSignIn: (user: SignedIn) => void
  countMail: CountMail
  /**
   * Returns whether the address is an operator's. Operators can change their password only with the link in
   * an email.
   */
  isOperatorAddress: (email: string) => boolean
  /** Epoch milliseconds. */
  now: () => number
}

/** The routes that send an email to the address in the request. */
const mailPaths = new Set(['/send-verification-email', '/request-password-reset'])

/**
 * Extends better-auth: refuses invalid fields, allows one account per email address, limits the emails sent
 * to one address, and reports sign-ins.
 */
export const authHooks = ({ onSignIn, now, countMail, isOperatorAddress }: AuthEvents) => ({
  before: createAuthMiddleware(async (request) => {
    const { path, body, query, headers, context } = request
    refuseBadFields(body)
    refuseBadFields(query)
    if (path === '/change-password') {
      // Operators can't use this route. A password change that starts before a reset but ends after the reset
      // would replace the new password.
      const session = await getSessionFromCtx(request)
      if (session && isOperatorAddress(session.user.email)) throw operatorsResetPassword()
    }
    const email = emailIn(body)
    if (email === null) return
    if (path === signUpPath) await refuseKnownAddress(context, email, now())
    if (mailPaths.has(path)) await countMail({ email, address: clientAddressOf(headers) })
  }),

  after: createAuthMiddleware(async (request) => {
    const { path, body, context } = request
    if (context.newSession) onSignIn(context.newSession.user)
    const email = emailIn(body)
    if (path === signUpPath && email !== null) await explainLostRace(context, email, context.returned)
    // Expire the browser's cached session, which still says that the address is unverified.
    if (path === '/verify-email') expireCookie(request, context.authCookies.sessionData)
  }),
})

const operatorsResetPassword = () =>
  new APIError('FORBIDDEN', {
    code: 'OPERATORS_RESET_PASSWORD',
    message:
      "Operators can't change their password here. Sign out, then choose “Forgot password?” to get an email with a link.",
  })

function emailIn(body: unknown): string | null {
  const parsed = withEmail.safeParse(body)
  return parsed.success ? parsed.data.email : null
}
