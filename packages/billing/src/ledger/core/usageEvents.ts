import type { Acknowledge, Drop, Park } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import type { EventRow } from './rows.ts'

/** Flowglad has them: a fact, whoever holds the lease by now. */
export function acknowledge(
  draft: Draft,
  command: Acknowledge,
  { chargeRetentionMs }: LedgerSettings,
): { state: 'acknowledged' } {
  for (const { attempt, meter, priceId } of command.events) {
    const event = draft.event(attempt, meter)
    if (!event || event.state === 'acked') continue
    const account = draft.account(event.subscription, meter)
    draft.writeAccount(account, {
      acked: account.acked + event.amount,
      // Given up too early: the drop lowers `booked` once, so raise it once more.
      booked: account.booked + (event.state === 'dropped' ? event.amount : 0),
    })
    moveEvent(draft, event, 'acked')
    draft.writeEvent(event, { priceId, reason: null, retryAt: null, pruneAt: draft.now + chargeRetentionMs })
  }
  return { state: 'acknowledged' }
}

export function park(draft: Draft, command: Park): { state: 'parked' } {
  for (const { attempt, meter, reason, retryInMs } of command.events) {
    const event = draft.event(attempt, meter)
    if (!event || event.state === 'acked' || event.state === 'dropped') continue
    moveEvent(draft, event, 'parked', reason)
    draft.writeEvent(event, { retryAt: draft.now + retryInMs })
  }
  return { state: 'parked' }
}

export function drop(
  draft: Draft,
  command: Drop,
  { chargeRetentionMs }: LedgerSettings,
): { state: 'dropped' } {
  for (const { attempt, meter } of command.events) {
    const event = draft.event(attempt, meter)
    if (!event || event.state === 'acked' || event.state === 'dropped') continue
    const account = draft.account(event.subscription, meter)
    draft.writeAccount(account, { dropped: account.dropped + event.amount })
    moveEvent(draft, event, 'dropped')
    draft.writeEvent(event, { retryAt: null, pruneAt: draft.now + chargeRetentionMs })
  }
  return { state: 'dropped' }
}

/** Keeps the counters of undelivered and parked events in step with the event's state. */
export function moveEvent(
  draft: Draft,
  event: EventRow,
  state: EventRow['state'],
  reason = event.reason,
): void {
  const undelivered = (it: EventRow['state']) => (it === 'waiting' || it === 'sent' ? 1 : 0)
  const change = undelivered(state) - undelivered(event.state)
  if (change !== 0) draft.writeCustomer({ undelivered: draft.row.undelivered + change })
  const wasParked = isParked(event)
  draft.writeEvent(event, { state, reason })
  const parkedChange = Number(isParked(event)) - Number(wasParked)
  if (parkedChange !== 0) {
    const account = draft.account(event.subscription, event.meter)
    draft.writeAccount(account, { parked: account.parked + parkedChange })
  }
}

/** A parked event that is being tried again still counts as parked. */
export const isParked = ({ state, reason }: Pick<EventRow, 'state' | 'reason'>) =>
  state === 'parked' || (state === 'sent' && reason !== null)
