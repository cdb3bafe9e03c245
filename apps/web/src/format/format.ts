/** Numbers, money and dates in the browser's own language and habits. */

/** Formatters are slow to make (some ten milliseconds each): a screen makes those it writes with. */
function lazily<Made>(make: () => Made): () => Made {
  let made: Made | undefined
  return () => {
    made ??= make()
    return made
  }
}

const number = lazily(() => new Intl.NumberFormat())
const short = lazily(() => new Intl.NumberFormat(undefined, { notation: 'compact' }))
const percent = lazily(() => new Intl.NumberFormat(undefined, { style: 'percent' }))
const dayAndMonth = lazily(() => new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' }))
const fullDate = lazily(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'long' }))
const dateAndTime = lazily(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
)
// Days of usage are UTC days: read in another zone, some would show as the day before.
const utcDay = lazily(
  () => new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
)

export const formatNumber = (value: number) => number().format(value)
/** 2,000,000 as `2M`, where there is no room for more. */
export const formatShort = (value: number) => short().format(value)
/** 87 as `87%`. */
export const formatPercent = (value: number) => percent().format(value / 100)
/** `1 December`. */
export const formatDay = (at: number) => dayAndMonth().format(at)
export const formatDate = (at: number) => fullDate().format(at)
export const formatTime = (at: number) => dateAndTime().format(at)
/** `2026-11-22` as `22 Nov`. */
export const formatUtcDay = (day: string) => utcDay().format(Date.parse(day))

/** An amount in the currency's smallest unit; whole amounts without decimals. */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
  })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amount / 10 ** digits)
}

export const plural = (count: number, one: string, many: string) =>
  `${formatNumber(count)} ${count === 1 ? one : many}`
