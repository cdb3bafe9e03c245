/** Creates a formatter on first use, because creating one takes about ten milliseconds. */
function lazily<Formatter>(create: () => Formatter): () => Formatter {
  let formatter: Formatter | undefined
  return () => {
    formatter ??= create()
    return formatter
  }
}

/**
 * The interface is in English, so all numbers and dates are in English too. Times are in the browser's time zone, unless
 * the function's name says UTC.
 */
const language = 'en-GB'
// Numbers use US English, because British English writes `US$20` and `2m`.
const numberLanguage = 'en-US'

const number = lazily(() => new Intl.NumberFormat(numberLanguage))
const signed = lazily(() => new Intl.NumberFormat(numberLanguage, { signDisplay: 'exceptZero' }))
const short = lazily(() => new Intl.NumberFormat(numberLanguage, { notation: 'compact' }))
const percent = lazily(() => new Intl.NumberFormat(numberLanguage, { style: 'percent' }))
const dayAndMonth = lazily(() => new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long' }))
const month = lazily(() => new Intl.DateTimeFormat(language, { month: 'long' }))
const fullDate = lazily(() => new Intl.DateTimeFormat(language, { dateStyle: 'long' }))
const shortDate = lazily(() => new Intl.DateTimeFormat(language, { dateStyle: 'medium' }))
const dateAndTime = lazily(
  () => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }),
)
// Usage is counted by UTC day. West of UTC, a UTC day starts on the previous local date.
const utcDay = lazily(
  () => new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
)
const utcTime = lazily(
  () => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
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
/** Formats two dates as `9 and 20 December`, or as `28 November and 3 December`. */
export function formatDays(first: number, last: number): string {
  const isSameMonth = formatMonth(first) === formatMonth(last) && last - first < 31 * 86_400_000
  return `${isSameMonth ? new Date(first).getDate() : formatDay(first)} and ${formatDay(last)}`
}
/** Formats a date as `December`. */
export const formatMonth = (at: number) => month().format(at)
/** Formats a date as `1 December 2026`. */
export const formatDate = (at: number) => fullDate().format(at)
/** Formats a date as `1 Dec 2026`, for narrow spaces. */
export const formatShortDate = (at: number) => shortDate().format(at)
/** Formats a time as `1 Dec 2026, 14:05`. */
export const formatTime = (at: number) => dateAndTime().format(at)
/** Formats `2026-11-22` as `22 Nov`. */
export const formatUtcDay = (day: string) => utcDay().format(Date.parse(day))
/** Formats a time as `1 Dec 2026, 14:05 UTC`. */
export const formatUtcTime = (at: number) => `${utcTime().format(at)} UTC`

/** Formats an amount given in the currency's smallest unit. Whole amounts have no decimals. */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(numberLanguage, {
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
