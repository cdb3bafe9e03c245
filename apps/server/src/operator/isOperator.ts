import type { User } from '../account/auth.ts'
import type { OpenSession } from '../account/authRoutes.ts'

interface SignedIn {
  user: Pick<User, 'email' | 'passwordResetAt'>
  session: Pick<OpenSession, 'createdAt'>
}

/**
 * Returns whether the session is an operator's. An operator's email address is in `OPERATORS`, and the operator
 * has signed in after resetting the password with the link in an email.
 */
export type IsOperator = (signedIn: SignedIn) => boolean

/** Creates the function that checks sessions against these email addresses. */
export function createIsOperator(operators: string[]): IsOperator {
  const isOperatorAddress = createIsOperatorAddress(operators)
  // A stranger can sign up with an operator's address. If the operator then opens the link that verifies the
  // address, the account still has the stranger's password and sessions. Only a reset proves that the
  // address's owner has set the password.
  return ({ user: { email, passwordResetAt }, session }) =>
    isOperatorAddress(email) &&
    passwordResetAt != null &&
    // In the cookie's copy of the session, `passwordResetAt` is a string. `createdAt` is the time at which the
    // sign-in arrived, because a sign-in with the old password can end after the reset.
    session.createdAt >= new Date(passwordResetAt)
}

/**
 * Returns a function that checks whether an address is an operator's, regardless of case and surrounding
 * spaces.
 */
export function createIsOperatorAddress(operators: string[]): (email: string) => boolean {
  const addresses = new Set(operators.map(normalized))
  return (email) => addresses.has(normalized(email))
}

const normalized = (email: string) => email.trim().toLowerCase()
