import type { UsageDays } from '../../reads.ts'
import { lastDay } from '../readRows.ts'
import { now } from './readQuery.ts'

/**
 * Returns the SQL condition that the row's day is one of the days that `dayValues` passes as `$4`, `$5` and `$6`.
 * PostgreSQL evaluates the subquery once. Without it, the clock would be read for each row, and no index would find the
 * first day.
 */
export const isInDays = (row: string) => `${row}.day >= (SELECT coalesce($4::text, to_char(
    to_timestamp((${now}) / 1000.0 - ($5::bigint - 1) * 86400) AT TIME ZONE 'UTC', 'YYYY-MM-DD')))
  AND ${row}.day <= $6::text`

export const dayValues = (days: UsageDays) =>
  'from' in days ? [days.from, 0, days.to ?? lastDay] : [null, days.days, lastDay]
