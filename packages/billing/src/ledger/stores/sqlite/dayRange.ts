import type { UsageDays } from '../../reads.ts'
import { lastDay } from '../readRows.ts'

const dayMs = 24 * 3_600_000

/** Returns the first and the last day to read, such as `2026-11-22`. */
export function dayRange(days: UsageDays, now: number): [from: string, to: string] {
  if ('from' in days) return [days.from, days.to ?? lastDay]
  return [new Date(now - (days.days - 1) * dayMs).toISOString().slice(0, 10), lastDay]
}
