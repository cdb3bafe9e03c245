import type { BalanceRow, PlanSummary, UsageDay } from '@metered/billing/client'
import { formatDate, formatDay, formatDays } from '../format/format.ts'
import { amountOf, type Meter, unitsOf } from '../format/meters.ts'
import { nextOfCredits } from '../plans/nextOfCredits.ts'
import { isOverdue } from '../plans/offers.ts'
import { type Forecast, forecastOf } from './forecast.ts'

interface ForecastTexts {
  /** The sentence that says when the units run out, or how long they last. */
  forecast: string
  /** The average that the forecast comes from. */
  average: string
}

interface ForecastContext {
  usage: UsageDay<Meter>[]
  plan: PlanSummary | null | undefined
  /** Whether the plan has a price for extra units. */
  hasOverage: boolean
  now: number
}

/**
 * Describes when a meter's units will run out at the average usage per day, and how certain this is. Returns null for
 * an unlimited meter, and if there is no forecast.
 */
export function forecastTexts(
  { meter, available, held, renewsAt }: BalanceRow<Meter>,
  { usage, plan, hasOverage, now }: ForecastContext,
): ForecastTexts | null {
  if (available === null) return null
  const next = nextOfCredits(plan, renewsAt)
  const forecast = forecastOf(usage, { meter, left: available + held, endsAt: next.at, now })
  if (forecast === null) return null
  // While a payment is overdue, the customer can't use extra units.
  const isExtra = hasOverage && !isOverdue(plan)
  const words = {
    units: isExtra ? `included ${unitsOf(meter)}` : unitsOf(meter),
    // If the plan ends, the customer doesn't pay for extra units.
    runOut: !isExtra
      ? 'run out'
      : plan?.cancelsAt == null
        ? `start to pay for extra ${unitsOf(meter)}`
        : `start to use extra ${unitsOf(meter)}`,
  }
  return {
    forecast: `At this rate, ${sentence(forecast, { ...words, ...endTexts(next, now), now })}.`,
    average: `Last ${forecast.days} days: about ${amountOf(meter, rounded(forecast.perDay))} a day.`,
  }
}

interface Words {
  units: string
  runOut: string
  /** The end of the period, such as `until they renew on 1 December`. */
  until: string
  /** Null if the units neither renew nor end. */
  before: string | null
  now: number
}

function sentence({ outcome, earliest, latest }: Forecast, words: Words): string {
  const { units, runOut, until, before, now } = words
  const first = isSameDay(earliest, now) ? 'today' : dayText(earliest, now)
  switch (outcome) {
    case 'lasts':
      return `your ${units} will last ${until}`
    case 'probablyLasts':
      return `your ${units} will probably last ${until}, but might run out as early as ${first}`
    case 'probablyRunsOut':
      return `you'll probably ${runOut} ${before ?? 'within a year'}, maybe as early as ${first}`
    case 'runsOut':
      return isSameDay(earliest, latest)
        ? `you'll ${runOut} ${isSameDay(latest, now) ? 'today' : `on ${dayText(latest, now)}`}`
        : `you'll probably ${runOut} ${rangeText(earliest, latest, now)}`
    default:
      return outcome satisfies never
  }
}

function endTexts({ event, at }: ReturnType<typeof nextOfCredits>, now: number) {
  if (at === null) return { until: 'for more than a year', before: null }
  const day = dayText(at, now)
  switch (event) {
    case 'renew':
      return { until: `until they renew on ${day}`, before: `before the renewal on ${day}` }
    case 'end':
      return { until: `until your plan ends on ${day}`, before: `before your plan ends on ${day}` }
    case 'endUnpaid':
      return { until: `until ${day}, when your plan ends unless you pay`, before: `before ${day}` }
    default:
      return event satisfies never
  }
}

const rangeText = (earliest: number, latest: number, now: number) =>
  isSameDay(earliest, now) ? `by ${dayText(latest, now)}` : `between ${formatDays(earliest, latest)}`

const isSameDay = (a: number, b: number) => formatDate(a) === formatDate(b)

/** Adds the year to a distant date, because a reader could mistake it for a date in this year. */
const dayText = (at: number, now: number) => (at - now < 300 * 86_400_000 ? formatDay(at) : formatDate(at))

/** Rounds a small average to one decimal. */
const rounded = (amount: number) => (amount < 10 ? Math.round(amount * 10) / 10 : Math.round(amount))
