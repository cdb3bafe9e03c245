import pg, { type Pool, type PoolClient } from 'pg'

/**
 * A node that stops while it holds locks delays the others by these seconds, not for ever. READ COMMITTED on purpose: under
 * REPEATABLE READ what is loaded after waiting for the lock would be from before it. Look-ups are by key, whatever the statistics say.
 */
const begin = `
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL lock_timeout = 5000;
  SET LOCAL statement_timeout = 5000;
  SET LOCAL idle_in_transaction_session_timeout = 5000;
  SET LOCAL plan_cache_mode = force_generic_plan;
  SET LOCAL jit = off;
  SET LOCAL enable_seqscan = off;
  SET LOCAL enable_hashjoin = off;
  SET LOCAL enable_mergejoin = off;
`
/** Runs the work in one transaction on one connection. */
export const inTransaction = <T>(
  pool: Pool,
  silentAfterMs: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> =>
  onConnection(pool, silentAfterMs, async (client) => {
    await client.query(begin)
    const result = await work(client)
    await client.query('COMMIT')
    return result
  })

/** Runs the work on one connection, which is closed, its transaction with it, after any error and when the work has not ended in time. */
export async function onConnection<T>(
  pool: Pool,
  deadlineMs: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const watchdog = setTimeout(() => {
    broken = new ConnectionLostError('The database does not answer')
    client.release(broken)
  }, deadlineMs)
  try {
    const result = await work(client)
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

/** SQLSTATE classes and codes after which the same statements may succeed. */
const transientStates = [
  '08', // connection exception
  '40', // transaction rollback: serialization failure, deadlock, outcome unknown
  '53', // insufficient resources
  '57', // operator intervention: cancelled (statement_timeout), shutting down, starting up
  '58', // system error
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read only: a standby that is not promoted yet
  '55P03', // lock_timeout
]

/** Messages of the driver's own errors, which have no code. */
const lostConnection = /terminated|timeout|not queryable|connection/i

export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true
  if (error instanceof pg.DatabaseError) {
    return transientStates.some((state) => error.code?.startsWith(state))
  }
  if (!(error instanceof Error)) return false
  // Errors of the socket carry `syscall`; several tries at one host name come as an aggregate.
  return 'syscall' in error || error instanceof AggregateError || lostConnection.test(error.message)
}
