import type { Acknowledge, Drop, Park } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Book } from './book.ts'
import type { EventRow } from './rows.ts'

/** Flowglad has them: a fact, whoever holds the lease by now. */
export function acknowledge(
  book: Book,
  command: Acknowledge,
  { chargeRetentionMs }: LedgerSettings,
): { state: 'acknowledged' } {
  for (const { attempt, meter, priceId } of command.events) {
    const event = book.event(attempt, meter)
    if (!event || event.state === 'acked') continue
    const account = book.account(event.subscription, meter)
    book.writeAccount(account, {
      acked: account.acked + event.amount,
      // Given up too early: the drop takes it off the books once, so it is put on them once more.
      booked: account.booked + (event.state === 'dropped' ? event.amount : 0),
    })
    moveEvent(book, event, 'acked')
    book.writeEvent(event, { priceId, reason: null, retryAt: null, pruneAt: book.now + chargeRetentionMs })
  }
  return { state: 'acknowledged' }
}

export function park(book: Book, command: Park): { state: 'parked' } {
  for (const { attempt, meter, reason, retryInMs } of command.events) {
    const event = book.event(attempt, meter)
    if (!event || event.state === 'acked' || event.state === 'dropped') continue
    moveEvent(book, event, 'parked', reason)
    book.writeEvent(event, { retryAt: book.now + retryInMs })
  }
  return { state: 'parked' }
}

export function drop(book: Book, command: Drop, { chargeRetentionMs }: LedgerSettings): { state: 'dropped' } {
  for (const { attempt, meter } of command.events) {
    const event = book.event(attempt, meter)
    if (!event || event.state === 'acked' || event.state === 'dropped') continue
    const account = book.account(event.subscription, meter)
    book.writeAccount(account, { dropped: account.dropped + event.amount })
    moveEvent(book, event, 'dropped')
    book.writeEvent(event, { retryAt: null, pruneAt: book.now + chargeRetentionMs })
  }
  return { state: 'dropped' }
}

/** Keeps the counters of undelivered and parked events in step with the event's state. */
export function moveEvent(
  book: Book,
  event: EventRow,
  state: EventRow['state'],
  reason = event.reason,
): void {
  const undelivered = (it: EventRow['state']) => (it === 'waiting' || it === 'sent' ? 1 : 0)
  const change = undelivered(state) - undelivered(event.state)
  if (change !== 0) book.writeCustomer({ undelivered: book.row.undelivered + change })
  const wasParked = isParked(event)
  book.writeEvent(event, { state, reason })
  const parkedChange = Number(isParked(event)) - Number(wasParked)
  if (parkedChange !== 0) {
    const account = book.account(event.subscription, event.meter)
    book.writeAccount(account, { parked: account.parked + parkedChange })
  }
}

/** A parked event that is being tried again still counts as parked. */
export const isParked = ({ state, reason }: Pick<EventRow, 'state' | 'reason'>) =>
  state === 'parked' || (state === 'sent' && reason !== null)
