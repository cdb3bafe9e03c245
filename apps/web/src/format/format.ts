/** Creates a formatter on first use, because creating one takes about ten milliseconds. */
function lazily<Formatter>(create: () => Formatter): () => Formatter {
  let formatter: Formatter | undefined
  return () => {
    formatter ??= create()
    return formatter
  }
}

const number = lazily(() => new Intl.NumberFormat())
const signed = lazily(() => new Intl.NumberFormat(undefined, { signDisplay: 'exceptZero' }))
const short = lazily(() => new Intl.NumberFormat(undefined, { notation: 'compact' }))
const percent = lazily(() => new Intl.NumberFormat(undefined, { style: 'percent' }))
const dayAndMonth = lazily(() => new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' }))
const fullDate = lazily(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'long' }))
const dateAndTime = lazily(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
)
// Usage is counted by UTC day. In time zones west of UTC, the local date would be the previous day.
const utcDay = lazily(
  () => new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
)

export const formatNumber = (value: number) => number().format(value)
/** Formats 5 as `+5`. */
export const formatSigned = (value: number) => signed().format(value)
/** Formats 2,000,000 as `2M`, for narrow spaces. */
export const formatShort = (value: number) => short().format(value)
/** Formats 87 as `87%`. */
export const formatPercent = (value: number) => percent().format(value / 100)
/** Formats a date as `1 December`. */
export const formatDay = (at: number) => dayAndMonth().format(at)
export const formatDate = (at: number) => fullDate().format(at)
export const formatTime = (at: number) => dateAndTime().format(at)
/** Formats `2026-11-22` as `22 Nov`. */
export const formatUtcDay = (day: string) => utcDay().format(Date.parse(day))

/** Formats an amount given in the currency's smallest unit. Whole amounts have no decimals. */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
  })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amount / 10 ** digits)
}

/** Returns a count with its noun, such as `1 second` or `2 seconds`. */
export const plural = (count: number, one: string, many: string) =>
  `${formatNumber(count)} ${count === 1 ? one : many}`
