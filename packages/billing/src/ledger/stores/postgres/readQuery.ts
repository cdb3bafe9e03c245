import { z } from 'zod'
import { databaseTime } from './databaseTime.ts'
import { countLost } from './lostConnections.ts'
import type { PostgresPool } from './postgresPool.ts'
import { rowParsers } from './rowParsers.ts'
import { isConnectionLost } from './transaction.ts'

/** The time of a read: `$1`, or the database's time if `$1` is null. */
export const now = databaseTime('$1')
/** Returns the SQL condition that the row belongs to the customer `$3` in the bucket `$2`. */
export const isOf = (row: string) => `${row}.bucket = $2 AND ${row}.customer = $3`

export type ReadQuery = ReturnType<typeof createReadQuery>

/** Returns a function that runs one statement. The statement's parameters start with `$2`. */
export function createReadQuery(pool: PostgresPool, givenTime: () => number | null, deadlineMs: number) {
  /** Reads rows as JSON, because the driver returns a bigint as a string. */
  return async <S extends z.ZodType>(schema: S, sql: string, values: unknown[]) => {
    const reading = pool.query({
      text: `SELECT coalesce(json_agg(it), '[]') AS rows, $1::bigint AS time FROM (${sql}) it`,
      values: [givenTime(), ...values],
      types: rowParsers,
      // Without a timeout, a caller on a silently broken connection would wait until TCP gives up. When the
      // timeout elapses, the pool closes the connection.
      query_timeout: deadlineMs,
    })
    const { rows: answers } = await reading.catch((error: unknown) => {
      if (isConnectionLost(error)) countLost(pool)
      throw error
    })
    const [answer] = z.tuple([z.object({ rows: z.array(schema) })]).parse(answers)
    return answer.rows
  }
}
