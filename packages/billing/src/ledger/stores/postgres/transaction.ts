import { z } from 'zod'
import { LedgerUnavailableError } from '../../errors.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { countLost, watchConnection } from './lostConnections.ts'
import type { PostgresPool, PostgresResult } from './postgresPool.ts'
import { rowParsers } from './rowParsers.ts'

/**
 * Returns the statements that begin a transaction. `SET LOCAL` settings end with the transaction, so they
 * work behind a connection pooler that runs each transaction in a different session. If a node hangs while it
 * holds locks, the timeouts limit how long the other nodes wait. With REPEATABLE READ, a transaction would
 * load rows as they were before it waited for the lock. A single `SELECT` with `set_config` calls would cost
 * the server twice as much as these statements.
 */
const begin = (timeoutMs: number) => [
  'BEGIN ISOLATION LEVEL READ COMMITTED',
  `SET LOCAL lock_timeout = ${timeoutMs}`,
  `SET LOCAL statement_timeout = ${timeoutMs}`,
  `SET LOCAL idle_in_transaction_session_timeout = ${timeoutMs}`,
]

/** A connection that can be used until the work ends. */
export interface PostgresConnection {
  /** Runs a query. Without values, the text can contain several statements. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>
}

/**
 * A transaction on one connection. Each function sends one message. A message without values can contain
 * several statements. If a statement fails, the server skips the rest of the message.
 */
export interface PostgresTransaction extends PostgresConnection {
  /** Opens the transaction and runs the statements. Returns the rows of the last statement. */
  begin(...statements: string[]): Promise<unknown[]>
  /** Runs the statements and commits. After an error, nothing is committed. */
  commit(...statements: string[]): Promise<void>
  /** Ends a transaction that changed nothing. Unlike COMMIT, ROLLBACK doesn't wait for the disk. */
  rollback(): Promise<void>
}

/** Runs `work` in one transaction on one connection. `work` begins and ends the transaction. */
export const inTransaction = <T>(
  pool: PostgresPool,
  { silentAfterMs, transactionTimeoutMs }: Pick<LedgerSettings, 'silentAfterMs' | 'transactionTimeoutMs'>,
  work: (transaction: PostgresTransaction) => Promise<T>,
): Promise<T> =>
  onConnection(pool, silentAfterMs, ({ query }) => {
    const send = (statements: string[]) => query(statements.join(';\n'))
    return work({
      query,
      begin: async (...statements) =>
        results.parse(await send([...begin(transactionTimeoutMs), ...statements])).at(-1)?.rows ?? [],
      commit: async (...statements) => void (await send([...statements, 'COMMIT'])),
      rollback: async () => void (await send(['ROLLBACK'])),
    })
  })

/** For several statements, node-postgres returns a list of results. */
const results = z.array(z.object({ rows: z.array(z.unknown()) }))

/**
 * Runs the work on one connection. After an error or at the deadline, closes the connection to end the
 * transaction.
 */
export async function onConnection<T>(
  pool: PostgresPool,
  deadlineMs: number,
  work: (connection: PostgresConnection) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  watchConnection(pool, client)
  let broken: Error | undefined
  const watchdog = setTimeout(() => {
    broken = new ConnectionLostError(`The database did not complete the work within ${deadlineMs} ms`)
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
    const cause = broken ?? error
    if (isConnectionLost(cause)) countLost(pool)
    throw cause
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
  '57', // operator intervention: canceled (statement_timeout), shutting down, starting up
  '58', // system error
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read-only transaction: a standby that isn't promoted yet
  '55P03', // lock_timeout
]

/**
 * Matches the messages of the driver's own errors about lost connections. These errors have no code. Doesn't match
 * "The server does not support SSL connections", because a retry can't fix that error.
 */
const lostConnection = /terminated|timeout|not queryable|connection(?!s$)/i

/** Returns whether the connection broke or timed out. The next connection may lead to another server. */
export const isConnectionLost = (error: unknown): boolean =>
  isTransient(error) &&
  !(error instanceof Error && 'severity' in error && 'code' in error && !/^(08|57P)/.test(String(error.code)))

export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true
  if (!(error instanceof Error) || error instanceof LedgerUnavailableError) return false
  // PostgreSQL's own errors have a severity. An `instanceof` check would miss errors from another copy of
  // `pg`.
  if ('severity' in error && 'code' in error) {
    const code = String(error.code)
    return transientStates.some((state) => code.startsWith(state))
  }
  // Socket errors have a `syscall`. If none of a host's addresses can be reached, one `AggregateError` contains
  // the errors of all attempts.
  return 'syscall' in error || error instanceof AggregateError || lostConnection.test(error.message)
}
