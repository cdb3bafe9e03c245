import type { User } from '../account/auth.ts'

/** Returns whether the user is an operator: one of `OPERATORS`, with a verified email address. */
export type IsOperator = (user: Pick<User, 'email' | 'emailVerified'>) => boolean

/** Creates the check for these email addresses. Ignores case and surrounding spaces. */
export function createIsOperator(operators: string[]): IsOperator {
  const addresses = new Set(operators.map(normalized))
  // Anyone can sign up with another person's address, but only its owner can verify it.
  return ({ email, emailVerified }) => emailVerified && addresses.has(normalized(email))
}

const normalized = (email: string) => email.trim().toLowerCase()
