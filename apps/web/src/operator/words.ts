import type { RouterOutput } from '../api/trpc.ts'
import { formatNumber, formatSigned, formatTime } from '../format/format.ts'
import { isMeter, meters, titleOf, unitOf, unitsOf } from '../format/meters.ts'

export type Customer = NonNullable<RouterOutput['operator']['customer']>
export type Report = NonNullable<Customer['report']>
export type RecordedAct = Report['acts'][number]
type Change = RecordedAct['changes'][number]
type Answer = RouterOutput['operator']['act']
type Refusal = Extract<Answer, { state: 'refused' }>['why']

/** Sorts by meter, in the app's order. Unknown meters come first. */
export const byMeter = (a: { meter: string }, b: { meter: string }) => placeOf(a.meter) - placeOf(b.meter)

const places: readonly string[] = meters
const placeOf = (slug: string) => places.indexOf(slug)

/** Returns a meter's name for a heading, such as `Pictures`. For a meter that the app lacks, returns the slug. */
export const meterTitle = (slug: string): string => (isMeter(slug) ? titleOf(slug) : slug)

/** Returns a meter's name for a sentence, such as `pictures`. */
export const meterUnits = (slug: string): string => (isMeter(slug) ? unitsOf(slug) : slug)

/** Returns an amount with its unit, such as `4 pictures`. */
export const unitsText = (slug: string, amount: number): string =>
  `${formatNumber(amount)} ${isMeter(slug) ? unitOf(slug, amount) : slug}`

/**
 * Parses a number such as `+5`, `-5` or `5`. Returns null for 0, and for any text that isn't a whole int32 number.
 */
export function parseSigned(text: string): number | null {
  const digits = /^([+\-−]?)(\d{1,10})$/.exec(text.trim())
  const amount = digits ? Number(digits[2]) * (digits[1] === '' || digits[1] === '+' ? 1 : -1) : 0
  return amount === 0 || Math.abs(amount) > maxUnits ? null : amount
}

const maxUnits = 2_147_483_647

/** Describes an operator's change, such as `Adjusted pictures by +5`. */
export function actTitle({ act, changes }: Pick<RecordedAct, 'act' | 'changes'>): string {
  const units = typeof act.meter === 'string' ? meterUnits(act.meter) : 'units'
  const adjusted = changes.find(({ name }) => name === 'adjusted')
  const by = Number(adjusted?.after ?? 0) - Number(adjusted?.before ?? 0)
  switch (act.type) {
    case 'adjust':
      return `Adjusted ${units} by ${formatSigned(typeof act.amount === 'number' ? act.amount : by)}`
    case 'refund':
      return `Refunded a charge of ${typeof act.meter === 'string' ? unitsText(act.meter, by) : units}`
    case 'release':
      return 'Released a hold'
    case 'retry':
      return `Retried a rejected event for ${units}`
    case 'drop':
      return `Dropped a rejected event for ${units}`
    default:
      return act.type
  }
}

const counters: Record<Change['name'], string> = {
  available: 'available',
  held: 'held',
  booked: 'charged',
  dropped: 'dropped',
  parked: 'rejected events',
  adjusted: 'adjusted',
  event: 'Event',
  retryAt: 'Next try',
  hold: 'Hold',
}

/** Returns a changed value's name and its change, such as `Pictures available` and `10 → 15`. */
export function changeText({ meter, name, before, after }: Change): { name: string; change: string } {
  const value = (it: Change['before']) => {
    if (it === null) return name === 'retryAt' ? 'never' : 'none'
    if (typeof it === 'string') return it === 'parked' ? 'rejected' : it
    return name === 'retryAt' ? formatTime(it) : formatNumber(it)
  }
  return {
    name: meter === null ? counters[name] : `${meterTitle(meter)} ${counters[name]}`,
    change: `${value(before)} → ${value(after)}`,
  }
}

/** Explains why a change was refused. A refused change has no effect. */
export const refusals: Record<Refusal, string> = {
  changed: 'Another change was made to this customer after you opened this dialog.',
  noEvent: 'This usage event no longer exists.',
  notParked:
    'This event is no longer waiting for a retry. The event was delivered or dropped, or is being sent.',
  noHold: 'This hold has already ended. The work has finished, or the hold was released.',
  noBalance: 'The customer has no current subscription with a balance of these units.',
  aboveLimit: "You can't take away more than the customer's limit for this period.",
  dropped: 'This charge was dropped, so the customer never pays for it.',
  unlimited: 'This charge cost nothing, because the units were unlimited.',
}
