import type { Interval } from '../rules/period.ts'

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })
const whole = new Intl.NumberFormat('en-US')

/** Formats cents as dollars: 2000 → $20.00, −500 → −$5.00. */
export const money = (cents: number) => dollars.format(cents / 100).replace('-', '−')

/** Formats an integer: 1200 → 1,200. Replaces a hyphen with a minus sign, because it is as wide as a digit: −5. */
export const count = (n: number) => whole.format(n).replace('-', '−')

/** Formats an interval: month → "month", 3 months → "3 months". */
export const every = (unit: Interval | null, times: number | null) =>
  unit === null ? '' : times === null || times === 1 ? unit : `${times} ${unit}s`

/** Formats a date in UTC, the time zone of billing periods: 22 Nov 2026. */
export const day = (ms: number) =>
  new Date(ms).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })

/** Formats a time in UTC: 22 Nov 2026, 14:03:07 UTC. */
export const moment = (ms: number) =>
  `${day(ms)}, ${new Date(ms).toLocaleTimeString('en-GB', { timeZone: 'UTC' })} UTC`

/** Formats a time for a table row: 22 Nov 14:03:07. */
export const instant = (ms: number) =>
  `${new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })} ${new Date(ms).toLocaleTimeString('en-GB', { timeZone: 'UTC' })}`

/** Lowercases a name's first letter for use within a sentence: "render minutes", but "API calls". */
export const inSentence = (name: string) =>
  /^[A-Z][^A-Z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name

export const cardNumber = (digits: string) => digits.replace(/(\d{4})(?=\d)/g, '$1 ')

/** Formats a status: past_due → Past due. */
export const words = (slug: string) => capitalized(slug.replaceAll('_', ' '))

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
