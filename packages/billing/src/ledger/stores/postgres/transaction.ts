import { LedgerUnavailableError } from '../../errors.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import type { PostgresPool, PostgresResult } from './postgresPool.ts'
import { rowParsers } from './rowParsers.ts'

/**
 * `SET LOCAL` settings end with the transaction, so they work behind a connection pooler that runs each
 * transaction in a different session. If a node stops while it holds locks, the timeouts limit how long the
 * other nodes wait. With REPEATABLE READ, a transaction would load rows as they were before it waited for the
 * lock. Every lookup is by key, so the planner settings allow only index lookups, even if the statistics are
 * outdated.
 */
const begin = (timeoutMs: number) => `
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL lock_timeout = ${timeoutMs};
  SET LOCAL statement_timeout = ${timeoutMs};
  SET LOCAL idle_in_transaction_session_timeout = ${timeoutMs};
  SET LOCAL plan_cache_mode = force_generic_plan;
  SET LOCAL jit = off;
  SET LOCAL enable_seqscan = off;
  SET LOCAL enable_hashjoin = off;
  SET LOCAL enable_mergejoin = off;
`

/** A connection that the work can use until the work ends. */
export interface PostgresConnection {
  /** Runs a query. Without values, the text can contain several statements. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>
}

/** Runs the work in one transaction on one connection. */
export const inTransaction = <T>(
  pool: PostgresPool,
  { silentAfterMs, transactionTimeoutMs }: Pick<LedgerSettings, 'silentAfterMs' | 'transactionTimeoutMs'>,
  work: (connection: PostgresConnection) => Promise<T>,
): Promise<T> =>
  onConnection(pool, silentAfterMs, async (connection) => {
    await connection.query(begin(transactionTimeoutMs))
    const result = await work(connection)
    await connection.query('COMMIT')
    return result
  })

/**
 * Runs the work on one connection. After an error or at the deadline, closes the connection, which ends the
 * transaction.
 */
export async function onConnection<T>(
  pool: PostgresPool,
  deadlineMs: number,
  work: (connection: PostgresConnection) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const watchdog = setTimeout(() => {
    broken = new ConnectionLostError('The database doesn’t answer')
    client.release(broken)
  }, deadlineMs)
  try {
    const result = await work({
      query: (text, values = []) => client.query({ text, values, types: rowParsers }),
    })
    if (!broken) client.release()
    return result
  } catch (error) {
    if (!broken) client.release(true)
    throw broken ?? error
  } finally {
    clearTimeout(watchdog)
  }
}

export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError'
}

/** SQLSTATE classes and codes after which a retry can succeed. */
const transientStates = [
  '08', // connection exception
  '40', // transaction rollback: serialization failure, deadlock, unknown outcome
  '53', // insufficient resources
  '57', // operator intervention: cancelled (statement_timeout), shutting down, starting up
  '58', // system error
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read-only transaction: a standby that isn't promoted yet
  '55P03', // lock_timeout
]

/** Matches the messages of the driver's own errors, which have no code. */
const lostConnection = /terminated|timeout|not queryable|connection/i

export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true
  if (!(error instanceof Error) || error instanceof LedgerUnavailableError) return false
  // PostgreSQL's own errors have a severity. An `instanceof` check would miss errors from another copy of
  // `pg`.
  if ('severity' in error && 'code' in error) {
    const code = String(error.code)
    return transientStates.some((state) => code.startsWith(state))
  }
  // Socket errors have a `syscall`. If a host has several addresses, the errors of all attempts are combined
  // into one `AggregateError`.
  return 'syscall' in error || error instanceof AggregateError || lostConnection.test(error.message)
}
