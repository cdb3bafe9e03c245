import type { BudgetWindow } from '@metered/billing/client'
import { formatDay, formatMonth, formatNumber, formatTime } from './format.ts'

const halfMonthMs = 14 * 24 * 3_600_000

/** Names the period that a limit counts now, such as `November`. */
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

/** Says when a limit resets, such as `on 1 December`. An hour's limit needs the time of day. */
export const resetTime = (window: BudgetWindow, resetsAt: number): string =>
  window === 'hour' ? `at ${formatTime(resetsAt)}` : `on ${formatDay(resetsAt)}`

/** Reads a limit such as `500` or `1,000`. Returns null for a text that isn't a whole number of 0 or more. */
export function parseLimit(text: string): number | null {
  const digits = text.trim()
  if (!/^(\d+|\d{1,3}(,\d{3})+)$/.test(digits)) return null
  const limit = Number(digits.replaceAll(',', ''))
  return Number.isSafeInteger(limit) ? limit : null
}

/** Describes the use of a limit, such as `4 of 10 used`. */
export const limitText = ({ used, limit }: { used: number; limit: number }) =>
  `${formatNumber(used)} of ${formatNumber(limit)} used`
