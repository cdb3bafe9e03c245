import { Temporal } from 'temporal-polyfill'
import type { BudgetRow } from './budgetRow.ts'
import type { CustomerRow } from './rows.ts'

/** The period of time over which a budget counts. `windowEnd` is null if the billing period never ends. */
export type BudgetWindow = Pick<BudgetRow, 'windowStart' | 'windowEnd'>

const hourMs = 3_600_000

/**
 * Returns the window that contains the time `now`. Days and months start at midnight in the time zone, so a day
 * can last 23 to 25 hours. Hours start on the hour in UTC.
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
 * Returns the budget's properties that change at the time `now`, given the subscription. Returns null if none change.
 *
 * Each window of a budget starts later than the window before it, so a hold never returns its units to a later window.
 */
export function windowChange(
  budget: BudgetRow,
  now: number,
  subscription: CustomerRow['snapshot'],
): Partial<BudgetRow> | null {
  const { window, windowStart, windowEnd } = budget
  const nothing = { used: 0, held: 0, alerted: 0 }
  if (window === 'period') {
    // Without a subscription, or with an earlier period, the last period's units still count. The subscription or
    // the later period can come back.
    if (!subscription) return null
    const current = windowAt(budget, now, subscription)
    if (current.windowStart > windowStart) return { ...current, ...nothing }
    return current.windowEnd === windowEnd ? null : { windowEnd: current.windowEnd }
  }
  const end = windowEnd ?? Number.POSITIVE_INFINITY
  if (windowStart <= now && now < end) return null
  const current = windowAt(budget, now, subscription)
  if (now >= end) {
    return { ...current, windowStart: Math.max(current.windowStart, windowStart + 1), ...nothing }
  }
  // The window began while the clock was ahead. Its units still count, so that the backward step gives no units back.
  // But it ends with the hour, day or month that contains `now`. Otherwise, it could deny calls until the clock
  // catches up.
  return current.windowEnd !== null && current.windowEnd < end ? { windowEnd: current.windowEnd } : null
}
