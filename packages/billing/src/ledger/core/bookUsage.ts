import type { EventPrice, Label } from '../commands.ts'
import { spendFromBudgets } from './budgets.ts'
import type { Draft } from './draft.ts'
import { claimLabels, countLabels, heldLabels } from './labels.ts'
import type { HoldRow } from './rows.ts'
import { unlimitedPrice } from './unlimited.ts'
import { utcDay } from './utcDay.ts'

export interface Usage {
  attempt: string
  subscription: string
  procedure: string
  meter: string
  amount: number
  price: EventPrice
  reference: string | null
  properties: Record<string, string | number | boolean>
  flagged: string | null
  /** The labels to count if there is no hold. */
  labels?: Label[] | undefined
}

/**
 * Books units as spent and writes the usage event for Flowglad, at most once per attempt and meter. The
 * event's row proves that the units are booked, so it is kept longer than the hold's row. An amount of 0
 * creates no event. Returns whether this call booked the units.
 */
export function bookUsage(draft: Draft, usage: Usage, hold: HoldRow | undefined): boolean {
  const { attempt, subscription, procedure, meter, amount, price, reference, properties, flagged } = usage
  if (amount === 0 || draft.event(attempt, meter)) return false

  const account = draft.account(subscription, meter)
  const heldLeg = hold?.legs.find((leg) => leg.meter === meter)
  const wasUnlimited = heldLeg?.unlimited ?? false
  const isUnlimited = account.unlimited === 1
  draft.writeAccount(account, {
    booked: account.booked + amount,
    // Work that started while the meter was unlimited must not reduce the balance after the meter becomes
    // limited.
    waived: account.waived + (wasUnlimited && !isUnlimited ? amount : 0),
  })
  const given = hold ? heldLabels(hold, meter) : usage.labels
  spendFromBudgets(draft, { meter, amount, at: hold?.startedAt, budgets: heldLeg?.budgets, labels: given })
  draft.writeEvent({
    customer: draft.row.customer,
    attempt,
    meter,
    subscription,
    procedure,
    amount,
    price: wasUnlimited || isUnlimited ? unlimitedPrice(meter) : price,
    state: 'waiting',
    at: draft.now,
    reference,
    properties,
    flagged,
    priceId: null,
    reason: null,
    retryAt: null,
    pruneAt: null,
    parkedAt: null,
  })
  draft.writeCustomer({ undelivered: draft.row.undelivered + 1 })
  const day = utcDay(draft.now)
  draft.addToDay(day, meter, amount)
  const labels = hold ? heldLabels(hold, meter) : claimLabels(draft, meter, usage.labels)
  countLabels(draft, { day, meter, amount, labels })
  return true
}
