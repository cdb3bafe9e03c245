import type { LeaveLease, TakeLease, TakeLeaseAnswer, UsageEvent } from '../commands.ts'
import { type Draft, joined } from './draft.ts'
import type { EventRow } from './rows.ts'
import { moveEvent } from './usageEvents.ts'

/**
 * One lease per customer: fetching and delivering exclude each other, so that a fetched balance either contains an event or cannot
 * contain it. Taking it again extends it, notes anew and marks anew: the last thing to do before each request, never during one.
 */
export function takeLease(draft: Draft, command: TakeLease): TakeLeaseAnswer {
  const { leaseToken, leaseUntil } = draft.row
  if (leaseToken !== null && leaseToken !== command.token && leaseUntil > draft.now) {
    return { state: 'busy', retryAfterMs: leaseUntil - draft.now }
  }
  if (command.extend && leaseToken !== command.token) return { state: 'busy', retryAfterMs: 0 }
  const ambiguous = draft.events().filter((event) => event.state === 'sent')
  draft.writeCustomer({
    leaseToken: command.token,
    leaseUntil: draft.now + command.leaseMs,
    lease: {
      purpose: command.purpose,
      notedAt: draft.now,
      notes: command.purpose === 'fetch' ? notes(draft, ambiguous) : [],
    },
  })
  const room = Math.max(0, command.maxEvents - ambiguous.length)
  const events = command.purpose === 'deliver' ? deliverable(draft).slice(0, room) : []
  // Marked before anything leaves this process: whatever happens then, the next one knows that they may have arrived.
  for (const event of events) moveEvent(draft, event, 'sent')
  return { state: 'taken', ambiguous: ambiguous.map(usageEvent), events: events.map(usageEvent) }
}

export function leaveLease(draft: Draft, command: LeaveLease): { state: 'left' } {
  // Whoever lost the lease cannot say so any more: the next one may be sending them.
  if (draft.row.leaseToken !== command.token) return { state: 'left' }
  for (const { attempt, meter } of command.untaken) {
    const event = draft.event(attempt, meter)
    if (event?.state === 'sent') moveEvent(draft, event, event.reason === null ? 'waiting' : 'parked')
  }
  freeLease(draft)
  return { state: 'left' }
}

export function freeLease(draft: Draft): void {
  draft.writeCustomer({ leaseToken: null, leaseUntil: draft.now, lease: null })
}

function notes(draft: Draft, ambiguous: EventRow[]) {
  return draft.accounts().map(({ subscription, meter, acked, dropped }) => ({
    subscription,
    meter,
    acked,
    dropped,
    ambiguous: ambiguous
      .filter((event) => event.subscription === subscription && event.meter === meter)
      .reduce((units, event) => units + event.amount, 0),
  }))
}

function deliverable(draft: Draft): EventRow[] {
  return draft
    .events()
    .filter(
      ({ state, retryAt }) => state === 'waiting' || (state === 'parked' && (retryAt ?? 0) <= draft.now),
    )
    .sort((a, b) => a.at - b.at || (joined(a.attempt, a.meter) < joined(b.attempt, b.meter) ? -1 : 1))
}

function usageEvent(row: EventRow): UsageEvent {
  const { customer, attempt, meter, subscription, amount, price, at, reference, reason, properties } = row
  return {
    customer,
    attempt,
    meter,
    subscription,
    amount,
    price,
    usageDate: at,
    parkedBefore: reason !== null,
    properties: reference === null ? properties : { ...properties, reference },
  }
}
