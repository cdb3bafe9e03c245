import type { LeaveLease, TakeLease, TakeLeaseAnswer, UsageEvent } from '../commands.ts'
import { type Book, joined } from './book.ts'
import { moveEvent } from './delivery.ts'
import type { EventRow } from './rows.ts'

/**
 * One lease per customer: fetching and delivering exclude each other, so that a fetched balance either contains an event or cannot
 * contain it. Taking it again extends it, notes anew and marks anew: the last thing to do before each request, never during one.
 */
export function takeLease(book: Book, command: TakeLease): TakeLeaseAnswer {
  const { leaseToken, leaseUntil } = book.row
  if (leaseToken !== null && leaseToken !== command.token && leaseUntil > book.now) {
    return { state: 'busy', retryAfterMs: leaseUntil - book.now }
  }
  if (command.extend && leaseToken !== command.token) return { state: 'busy', retryAfterMs: 0 }
  const ambiguous = book.events().filter((event) => event.state === 'sent')
  book.writeCustomer({
    leaseToken: command.token,
    leaseUntil: book.now + command.leaseMs,
    lease: {
      purpose: command.purpose,
      notedAt: book.now,
      notes: command.purpose === 'fetch' ? notes(book, ambiguous) : [],
    },
  })
  const room = Math.max(0, command.maxEvents - ambiguous.length)
  const events = command.purpose === 'deliver' ? deliverable(book).slice(0, room) : []
  // Marked before anything leaves this process: whatever happens then, the next one knows that they may have arrived.
  for (const event of events) moveEvent(book, event, 'sent')
  return { state: 'taken', ambiguous: ambiguous.map(usageEvent), events: events.map(usageEvent) }
}

export function leaveLease(book: Book, command: LeaveLease): { state: 'left' } {
  // Whoever lost the lease cannot say so any more: the next one may be sending them.
  if (book.row.leaseToken !== command.token) return { state: 'left' }
  for (const { attempt, meter } of command.untaken) {
    const event = book.event(attempt, meter)
    if (event?.state === 'sent') moveEvent(book, event, event.reason === null ? 'waiting' : 'parked')
  }
  freeLease(book)
  return { state: 'left' }
}

export function freeLease(book: Book): void {
  book.writeCustomer({ leaseToken: null, leaseUntil: book.now, lease: null })
}

function notes(book: Book, ambiguous: EventRow[]) {
  return book.accounts().map(({ subscription, meter, acked, dropped }) => ({
    subscription,
    meter,
    acked,
    dropped,
    ambiguous: ambiguous
      .filter((event) => event.subscription === subscription && event.meter === meter)
      .reduce((units, event) => units + event.amount, 0),
  }))
}

function deliverable(book: Book): EventRow[] {
  return book
    .events()
    .filter(({ state, retryAt }) => state === 'waiting' || (state === 'parked' && (retryAt ?? 0) <= book.now))
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
