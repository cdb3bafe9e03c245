import type { EventPrice } from '../commands.ts'
import type { Draft } from './draft.ts'
import type { HoldRow } from './rows.ts'

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
}

/**
 * Books units as spent and writes the usage event that tells Flowglad. At most once per (attempt, meter): the event's row is the proof,
 * and it outlives the hold's. Nothing spent, no event.
 */
export function bookUsage(draft: Draft, usage: Usage, hold: HoldRow | undefined): void {
  if (usage.amount === 0 || draft.event(usage.attempt, usage.meter)) return
  const account = draft.account(usage.subscription, usage.meter)
  const wasUnlimited = hold?.legs.some((leg) => leg.meter === usage.meter && leg.unlimited) ?? false
  draft.writeAccount(account, {
    booked: account.booked + usage.amount,
    // Promised as unlimited, settled after that was seen to end: it must not count against what the customer has now.
    waived: account.waived + (wasUnlimited && account.unlimited === 0 ? usage.amount : 0),
  })
  draft.writeEvent({
    customer: draft.row.customer,
    attempt: usage.attempt,
    meter: usage.meter,
    subscription: usage.subscription,
    procedure: usage.procedure,
    amount: usage.amount,
    price: usage.price,
    state: 'waiting',
    at: draft.now,
    reference: usage.reference,
    properties: usage.properties,
    flagged: usage.flagged,
    priceId: null,
    reason: null,
    retryAt: null,
    pruneAt: null,
  })
  draft.writeCustomer({ undelivered: draft.row.undelivered + 1 })
  draft.addToDay(new Date(draft.now).toISOString().slice(0, 10), usage.meter, usage.amount)
}
