import { TRPCError } from '@trpc/server'

interface User {
  email: string
  emailVerified: boolean
  mustVerifyEmail?: boolean | null | undefined
}

/** Returns whether this user must confirm the email address before getting free credits. */
export const awaitsVerification = ({
  emailVerified,
  mustVerifyEmail,
}: Pick<User, 'emailVerified' | 'mustVerifyEmail'>) => mustVerifyEmail === true && !emailVerified

/**
 * The error for a user who must confirm the email address before using billing. tRPC and Fastify both convert
 * this error to a 403.
 */
export class EmailUnverifiedError extends TRPCError {
  readonly statusCode = 403
  constructor(email: string) {
    super({
      code: 'FORBIDDEN',
      message: `Confirm your email address first. Open the link in the email that we sent to ${email}, or request the email again. Nothing was charged.`,
    })
  }

  /** Returns the error in the form that `@flowglad/react` expects from the routes at /api/flowglad. */
  toFlowgladAnswer() {
    const { message } = this
    return { error: { code: 'EMAIL_UNVERIFIED', message, json: { message } } }
  }
}

/**
 * Returns the user as billing's customer. Billing creates this customer at Flowglad and grants free credits,
 * so code must pass only customers from this function to billing.
 * @throws EmailUnverifiedError
 */
export function customerOf<U extends User>(user: U): U {
  if (awaitsVerification(user)) throw new EmailUnverifiedError(user.email)
  return user
}
