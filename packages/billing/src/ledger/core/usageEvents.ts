import type { Acknowledge, EventId, Park } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import { endLease } from './endLease.ts'
import type { EventRow } from './rows.ts'
import { changeBeforeUnlimited } from './unlimited.ts'

/**
 * Records that Flowglad has the events, even if the sender has lost the lease. Also ends the lease that
 * `endsLease` names, if it is still the current lease.
 */
export function acknowledge(
  draft: Draft,
  command: Acknowledge,
  settings: LedgerSettings,
): { state: 'acknowledged' } {
  for (const { attempt, meter, priceId } of command.events) {
    const event = draft.event(attempt, meter)
    if (event) acknowledgeEvent(draft, event, priceId, settings)
  }
  if (command.endsLease !== undefined && draft.row.leaseToken === command.endsLease) endLease(draft)
  return { state: 'acknowledged' }
}

/** Marks the event as acknowledged and stores the price that Flowglad applied. */
export function acknowledgeEvent(
  draft: Draft,
  event: EventRow,
  priceId: string | null,
  { chargeRetentionMs }: LedgerSettings,
): void {
  if (event.state === 'acked') return
  const account = draft.account(event.subscription, event.meter)
  draft.writeAccount(account, {
    acked: account.acked + event.amount,
    // If the event was dropped, Flowglad has recorded it nevertheless. Add its units back, because the drop subtracts
    // them from `booked`.
    booked: account.booked + (event.state === 'dropped' ? event.amount : 0),
  })
  if (event.state === 'dropped') changeBeforeUnlimited(draft, account, event, event.amount)
  moveEvent(draft, event, 'acked')
  draft.writeEvent(event, { priceId, reason: null, retryAt: null, pruneAt: draft.now + chargeRetentionMs })
}

/** Parks events that Flowglad rejected, and schedules their next retry. */
export function park(draft: Draft, command: Park): { state: 'parked' } {
  for (const { reason, retryInMs, ...id } of command.events) {
    const event = pending(draft, id)
    if (!event) continue
    moveEvent(draft, event, 'parked', reason)
    draft.writeEvent(event, { retryAt: draft.now + retryInMs, parkedAt: draft.now })
  }
  return { state: 'parked' }
}

/**
 * Drops an event, so that it is never sent again. `booked` decreases at the next install whose lease was
 * taken after the drop.
 */
export function dropEvent(draft: Draft, event: EventRow, { chargeRetentionMs }: LedgerSettings): void {
  const account = draft.account(event.subscription, event.meter)
  draft.writeAccount(account, { dropped: account.dropped + event.amount })
  changeBeforeUnlimited(draft, account, event, -event.amount)
  moveEvent(draft, event, 'dropped')
  draft.writeEvent(event, { retryAt: null, pruneAt: draft.now + chargeRetentionMs })
}

/** Returns the event, or undefined if it is acknowledged or dropped. */
function pending(draft: Draft, { attempt, meter }: EventId): EventRow | undefined {
  const event = draft.event(attempt, meter)
  return event?.state === 'acked' || event?.state === 'dropped' ? undefined : event
}

/** Changes the event's state and updates the counts of undelivered and parked events. */
export function moveEvent(
  draft: Draft,
  event: EventRow,
  state: EventRow['state'],
  reason = event.reason,
): void {
  const undelivered = (it: EventRow['state']) => (it === 'waiting' || it === 'sent' ? 1 : 0)
  const undeliveredChange = undelivered(state) - undelivered(event.state)
  if (undeliveredChange !== 0) draft.writeCustomer({ undelivered: draft.row.undelivered + undeliveredChange })

  const wasParked = isParked(event)
  draft.writeEvent(event, { state, reason })
  const parkedChange = Number(isParked(event)) - Number(wasParked)
  if (parkedChange !== 0) {
    const account = draft.account(event.subscription, event.meter)
    draft.writeAccount(account, { parked: account.parked + parkedChange })
  }
}

/**
 * Returns whether the event counts as parked. A parked event still counts as parked while it is being
 * retried.
 */
export const isParked = ({ state, reason }: Pick<EventRow, 'state' | 'reason'>) =>
  state === 'parked' || (state === 'sent' && reason !== null)
