import type { Budget, BudgetWindow } from '@metered/billing/client'
import { formatDay, formatMonth, formatNumber, formatPercent, formatTime } from './format.ts'

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

/** Says when a limit resets, such as `on 1 December`. For an hourly limit, includes the time of day. */
export const resetTime = (window: BudgetWindow, resetsAt: number): string =>
  window === 'hour' ? `at ${formatTime(resetsAt)}` : `on ${formatDay(resetsAt)}`

/** The words that follow a limit's amount, such as `a month`. */
export const perWindow: Record<BudgetWindow, string> = {
  hour: 'an hour',
  day: 'a day',
  month: 'a month',
  period: 'per billing period',
}

/** Parses a limit such as `500` or `1,000`. Returns null unless the text is a whole number of at least 0. */
export function parseLimit(text: string): number | null {
  const digits = text.trim()
  if (!/^(\d+|\d{1,3}(,\d{3})+)$/.test(digits)) return null
  const limit = Number(digits.replaceAll(',', ''))
  return Number.isSafeInteger(limit) ? limit : null
}

/** Describes the usage of a limit, such as `4 of 10 used`. */
export const limitText = ({ used, limit }: { used: number; limit: number }) =>
  `${formatNumber(used)} of ${formatNumber(limit)} used`

/** Says what a limit does, such as `Stops at the limit. Alerts at 80% and 100%.` */
export function limitRules({ mode, thresholds }: Pick<Budget, 'mode' | 'thresholds'>): string {
  const effect = mode === 'block' ? 'Stops at the limit.' : "Doesn't stop."
  const shares = thresholds.map(formatPercent)
  const last = shares.pop()
  if (last === undefined) return `${effect} No alerts.`
  return `${effect} Alerts at ${[...(shares.length > 0 ? [shares.join(', ')] : []), last].join(' and ')}.`
}
