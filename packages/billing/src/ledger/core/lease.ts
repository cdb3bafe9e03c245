import type { TakeLeaseAnswer, UsageEvent } from '../answers.ts'
import type { LeaveLease, TakeLease } from '../commands.ts'
import type { Draft } from './draft.ts'
import { endLease } from './endLease.ts'
import { joined } from './loadedCustomer.ts'
import type { CustomerRow, EventRow } from './rows.ts'
import { moveEvent } from './usageEvents.ts'

/**
 * Takes the customer's lease, or extends it.
 *
 * Fetches and deliveries for one customer never overlap. Each acknowledged event is therefore either included
 * in a fetched balance or sent after the fetch. Taking the lease again updates the notes and marks more
 * events as sent. Take the lease immediately before each request, never while a request is in flight.
 */
export function takeLease(draft: Draft, command: TakeLease): TakeLeaseAnswer {
  const { leaseToken, leaseUntil } = draft.row
  if (leaseToken !== command.token && !isLeaseFree(draft.row, draft.now)) {
    return { state: 'busy', retryAfterMs: leaseUntil - draft.now }
  }
  if (command.extend && leaseToken !== command.token) return { state: 'busy', retryAfterMs: 0 }

  const ambiguous = draft.events().filter((event) => event.state === 'sent')
  const notes = command.purpose === 'fetch' ? accountNotes(draft, ambiguous) : []
  draft.writeCustomer({
    leaseToken: command.token,
    leaseUntil: draft.now + command.leaseMs,
    lease: { purpose: command.purpose, notedAt: draft.now, notes },
  })

  const room = Math.max(0, command.maxEvents - ambiguous.length)
  const events = command.purpose === 'deliver' ? deliverable(draft).slice(0, room) : []
  // Mark the events as sent before the request. If this process dies, the next process then knows that
  // Flowglad may already have the events.
  for (const event of events) moveEvent(draft, event, 'sent')
  return { state: 'taken', ambiguous: ambiguous.map(usageEvent), events: events.map(usageEvent) }
}

/**
 * Returns whether another process can take the lease. A lease whose start is in the future also counts as
 * free, because the clock has stepped backward. `customersToDeliver` applies the same rule in SQL.
 */
const isLeaseFree = ({ leaseToken, leaseUntil, lease }: CustomerRow, now: number) =>
  leaseToken === null || leaseUntil <= now || (lease !== null && lease.notedAt > now)

/** Ends the lease. Returns the events in `untaken` to their previous state. */
export function leaveLease(draft: Draft, command: LeaveLease): { state: 'left' } {
  // If another process has taken the lease, change nothing, because that process may be sending these events.
  if (draft.row.leaseToken !== command.token) return { state: 'left' }
  for (const { attempt, meter } of command.untaken) {
    const event = draft.event(attempt, meter)
    if (event?.state === 'sent') moveEvent(draft, event, event.reason === null ? 'waiting' : 'parked')
  }
  endLease(draft)
  return { state: 'left' }
}

function accountNotes(draft: Draft, ambiguous: EventRow[]) {
  return draft.accounts().map(({ subscription, meter, acked, dropped }) => {
    const events = ambiguous.filter((event) => event.subscription === subscription && event.meter === meter)
    const units = events.reduce((sum, event) => sum + event.amount, 0)
    return { subscription, meter, acked, dropped, ambiguous: units }
  })
}

/** Returns the waiting events, and the parked events that are due, oldest first. */
function deliverable(draft: Draft): EventRow[] {
  const isDue = ({ state, retryAt, parkedAt }: EventRow) =>
    state === 'waiting' ||
    // If `parkedAt` is in the future, the clock has stepped backward. In that case, the event is due.
    (state === 'parked' && ((retryAt ?? 0) <= draft.now || (parkedAt ?? 0) > draft.now))
  return draft
    .events()
    .filter(isDue)
    .sort((a, b) => a.at - b.at || (joined(a.attempt, a.meter) < joined(b.attempt, b.meter) ? -1 : 1))
}

function usageEvent(row: EventRow): UsageEvent {
  const {
    customer,
    attempt,
    meter,
    subscription,
    procedure,
    amount,
    price,
    at,
    reference,
    reason,
    properties,
  } = row
  return {
    customer,
    attempt,
    meter,
    subscription,
    amount,
    price,
    usageDate: at,
    parkedBefore: reason !== null,
    properties: { procedure, ...properties, ...(reference === null ? {} : { reference }) },
  }
}
