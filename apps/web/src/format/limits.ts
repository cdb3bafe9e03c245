import type { BudgetWindow } from '@metered/billing/client'
import { formatDay, formatMonth, formatNumber, formatTime } from './format.ts'

const halfMonthMs = 14 * 24 * 3_600_000

/** Names the current period of a limit, such as `November`. */
export function periodName(window: BudgetWindow, resetsAt: number | null): string {
  switch (window) {
    case 'month':
      // The middle of the month has the same name in all time zones.
      return resetsAt === null ? 'this month' : formatMonth(resetsAt - halfMonthMs)
    case 'day':
      return 'today'
    case 'hour':
      return 'this hour'
    case 'period':
      return 'this billing period'
    default:
      return window satisfies never
  }
}

/** Says when a limit resets, such as `on 1 December`. For an hourly limit, returns the time of day. */
export const resetTime = (window: BudgetWindow, resetsAt: number): string =>
  window === 'hour' ? `at ${formatTime(resetsAt)}` : `on ${formatDay(resetsAt)}`

/** Parses a limit such as `500` or `1,000`. Returns null unless the text is a whole number of at least 0. */
export function parseLimit(text: string): number | null {
  const digits = text.trim()
  if (!/^(\d+|\d{1,3}(,\d{3})+)$/.test(digits)) return null
  const limit = Number(digits.replaceAll(',', ''))
  return Number.isSafeInteger(limit) ? limit : null
}

/** Describes the use of a limit, such as `4 of 10 used`. */
export const limitText = ({ used, limit }: { used: number; limit: number }) =>
  `${formatNumber(used)} of ${formatNumber(limit)} used`
