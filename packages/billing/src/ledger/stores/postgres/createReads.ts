import type { ClockWatch } from '../clockWatch.ts'
import type { Retention } from '../restoreState.ts'
import type { Reads } from '../store.ts'
import { customerReads } from './customerReads.ts'
import { labelReads } from './labelReads.ts'
import { ledgerReads } from './ledgerReads.ts'
import type { PostgresPool } from './postgresPool.ts'
import { createReadQuery } from './readQuery.ts'

/**
 * Creates the reads. Each read is one statement, so all data in an answer reflects the same point in time.
 * `givenTime` returns the time of a read, or null to use the database's time.
 */
export function createReads(
  pool: PostgresPool,
  givenTime: () => number | null,
  { watch, deadlineMs, retention }: { watch: ClockWatch; deadlineMs: number; retention: Retention },
): Reads {
  const query = createReadQuery(pool, givenTime, deadlineMs)
  return { ...customerReads(query), ...labelReads(query), ...ledgerReads(query, { watch, retention }) }
}
