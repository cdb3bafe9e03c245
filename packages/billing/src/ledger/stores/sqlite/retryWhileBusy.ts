import { retryPause } from '../../retryPause.ts'
import { resultCodeOf } from './sqliteDriver.ts'

/** SQLite's primary result codes for a lock that another connection holds: BUSY and LOCKED. */
const lockedCodes: (number | null)[] = [5, 6]

/**
 * Runs work on a SQLite connection, and retries the work while another connection has locked the file.
 * Doesn't block the event loop between attempts. The connection's `busy_timeout` must be 0, because SQLite
 * itself waits synchronously.
 *
 * Work that writes must use `inTransaction`. With libsql, a prepared write that finds the file locked stays
 * active, and the connection's next write is then not committed.
 *
 * @param options `waitMs` is the maximum time to wait for the lock. Default: 15 seconds. After that time, the
 * promise rejects with SQLite's error.
 */
export async function retryWhileBusy<T>(
  work: () => T,
  { waitMs = 15_000 }: { waitMs?: number } = {},
): Promise<T> {
  const until = performance.now() + waitMs
  for (let tries = 0; ; tries += 1) {
    try {
      return work()
    } catch (error) {
      if (!lockedCodes.includes(resultCodeOf(error)) || performance.now() > until) throw error
      await retryPause(tries)
    }
  }
}
