import { AsyncLocalStorage } from 'node:async_hooks'
import { BillingError } from '@metered/billing'
import { APIError, isAPIError } from 'better-auth/api'

/**
 * Matches the error codes of the file system and SQLite for a database that can't be written to, or that
 * another process has locked.
 */
const fileCodes = /^(EROFS|ENOSPC|SQLITE_(READONLY|FULL|IOERR|BUSY|LOCKED)\w*)$/

/**
 * Matches PostgreSQL's error codes for a lost connection (08), missing resources such as a full disk (53), a
 * server that is stopping or starting (57), a system error (58), and a read-only session (25006).
 */
const postgresCodes = /^(08|53|57|58|25006)/

/** Matches the system calls in network errors. File errors have other system calls. */
const networkCalls = /^(connect|getaddrinfo|read|write)$/

/** Matches the messages of node-postgres's own errors, which have no code. */
const driverMessages = /^(Connection terminated|timeout exceeded|Query read timeout)|not queryable/

/**
 * Returns whether a database error means that the database can't currently be reached or written to, so that
 * a retry can succeed. Pass only database errors: network errors of other services look the same.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof DatabaseUnavailableError) return true
  // If all of a host's addresses are unreachable, Node throws an error that contains one error per address.
  if (error instanceof AggregateError) return error.errors.every(isOutage)
  const code = 'code' in error ? String(error.code) : ''
  // Errors from the PostgreSQL server have a severity.
  if ('severity' in error) return postgresCodes.test(code)
  if ('syscall' in error && networkCalls.test(String(error.syscall))) return true
  return fileCodes.test(code) || driverMessages.test(error.message)
}

/** The error for a query while the database is unavailable. better-auth responds with its status, 503. */
class DatabaseUnavailableError extends APIError {
  constructor(cause: unknown) {
    super('SERVICE_UNAVAILABLE', { message: 'Try again in a moment.', code: 'UNAVAILABLE', cause })
  }
}

/** Returns whether the error, or one of its causes, means that the database is unavailable. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof Error && (error instanceof DatabaseUnavailableError || isUnavailable(error.cause))

/**
 * Collects the errors of queries that failed because of an outage. The queries of one `assertNoOutage` call
 * share a list.
 */
const outages = new AsyncLocalStorage<DatabaseUnavailableError[]>()

/**
 * Returns the work's result. If the database is unavailable, throws an error with status 503. better-auth
 * would report the original error as the caller's mistake (422) or as an internal error (500).
 */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!isOutage(error) || isAPIError(error)) throw error
    const outage = new DatabaseUnavailableError(error)
    outages.getStore()?.push(outage)
    throw outage
  }
}

/**
 * Returns the work's result. If a query failed because the database was unavailable, throws the first such error,
 * even if the work has caught it. better-auth catches some of these errors, and then reports an ended session or a
 * successful sign-out.
 */
export async function assertNoOutage<T>(work: () => Promise<T>): Promise<T> {
  const failed: DatabaseUnavailableError[] = []
  const result = await outages.run(failed, work)
  if (failed[0]) throw failed[0]
  return result
}

/** Returns billing's error for an unavailable database. */
export const databaseDenial = (cause: unknown) =>
  new BillingError(
    { code: 'BILLING_UNAVAILABLE', retryAfterMs: 1_000 },
    'The database is not available right now. Nothing was charged; please try again.',
    { cause },
  )
