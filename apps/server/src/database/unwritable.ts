import { BillingError } from '@metered/billing'
import { APIError, isAPIError } from 'better-auth/api'

/**
 * Matches the error codes of the file system, SQLite and PostgreSQL for a database that can't be written to.
 * 25006 means a read-only transaction, and 53100 a full disk.
 */
const codes = /^(EROFS|ENOSPC|SQLITE_(READONLY|FULL|IOERR)\w*|25006|53100)$/

/** Returns whether the error, or one of its causes, means that the database can't be written to. */
export const isUnwritable = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && codes.test(String(error.code))) || isUnwritable(error.cause))

/**
 * Returns the work's result. If the database can't be written to, throws an error with status 503.
 * better-auth answers with this status, and would report any other error as the caller's mistake (422).
 */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (!isUnwritable(cause) || isAPIError(cause)) throw cause
    throw new APIError('SERVICE_UNAVAILABLE', {
      message: 'Try again in a moment.',
      code: 'UNAVAILABLE',
      cause,
    })
  }
}

/**
 * Converts better-auth's error for an unavailable database to billing's error. Returns any other error
 * unchanged.
 */
export const withoutSession = (error: unknown): unknown =>
  isUnwritable(error)
    ? new BillingError(
        { code: 'BILLING_UNAVAILABLE', retryAfterMs: 1_000 },
        'The database is not available right now. Nothing was charged; please try again.',
        { cause: error },
      )
    : error
