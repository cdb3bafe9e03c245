import { Temporal } from 'temporal-polyfill'
import type { BudgetRow } from './budgetRow.ts'
import type { CustomerRow } from './rows.ts'

/** The part of time over which a budget counts. `windowEnd` is null if the billing period never ends. */
export type BudgetWindow = Pick<BudgetRow, 'windowStart' | 'windowEnd'>

const hourMs = 3_600_000

/**
 * Returns the window that contains the time `now`. Days and months start at midnight in the time zone, so a day
 * can have 23 to 25 hours. Hours start at the full hour in UTC.
 */
export function windowAt(
  { window, timeZone }: Pick<BudgetRow, 'window' | 'timeZone'>,
  now: number,
  subscription: CustomerRow['snapshot'],
): BudgetWindow {
  if (window === 'period') {
    return { windowStart: subscription?.periodStart ?? 0, windowEnd: subscription?.periodEnd ?? null }
  }
  if (window === 'hour') {
    const windowStart = Math.floor(now / hourMs) * hourMs
    return { windowStart, windowEnd: windowStart + hourMs }
  }
  const time = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone ?? 'UTC')
  const start = (window === 'day' ? time : time.with({ day: 1 })).startOfDay()
  const end = start.add(window === 'day' ? { days: 1 } : { months: 1 }).startOfDay()
  return { windowStart: start.epochMilliseconds, windowEnd: end.epochMilliseconds }
}

/**
 * Returns whether the budget's window has ended. After a backward clock step, a window that starts in the future
 * goes on, so that the step gives no units back.
 */
export const isWindowOver = (
  { window, windowStart, windowEnd }: BudgetRow,
  now: number,
  subscription: CustomerRow['snapshot'],
): boolean =>
  window === 'period'
    ? windowStart !== (subscription?.periodStart ?? 0)
    : windowEnd !== null && now >= windowEnd
