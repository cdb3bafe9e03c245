import type { BudgetWindow } from '@metered/billing/client'
import { formatDay, formatMonth, formatTime } from './format.ts'

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
