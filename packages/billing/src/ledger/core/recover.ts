import type { Recover } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { spendFromBudgets } from './budgets.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'
import { countLabels, heldLabels } from './labels.ts'
import { recoveredFingerprint, recoveredKey } from './recoveredKey.ts'
import { isFromBackup } from './restored.ts'
import type { AccountRow, EventRow, HoldRow } from './rows.ts'
import { acknowledgeEvent, dropEvent } from './usageEvents.ts'
import { utcDay } from './utcDay.ts'

type Recovered = Recover['events'][number]

/** Records events that Flowglad has and the ledger lost when it was restored. Returns the number of added events. */
export function recover(
  draft: Draft,
  command: Recover,
  settings: LedgerSettings,
): { state: 'recovered'; added: number } {
  let added = 0
  for (const event of command.events) {
    const existing = draft.event(event.attempt, event.meter)
    const hold = draft.hold(event.attempt)
    if (existing) {
      correctAmount(draft, existing, { amount: event.amount, hold })
      acknowledgeExisting(draft, existing, event.priceId, settings)
    } else {
      addEvent(draft, event, { hold, ...settings })
      added++
    }
    // The work was settled after the backup, so its hold must not be charged at expiry.
    if (hold) endHold(draft, hold, 'settled', settings)
    if (event.operation !== null) completeOperation(draft, event, event.operation, settings)
  }
  return { state: 'recovered', added }
}

/**
 * Sets the event's amount to the amount at Flowglad. The amounts can differ if a hold from the backup expired before
 * its event was recovered: expiry booked the count from the backup, not the final amount.
 */
function correctAmount(
  draft: Draft,
  event: EventRow,
  { amount, hold }: { amount: number; hold: HoldRow | undefined },
): void {
  const { subscription, meter, at, state } = event
  const missing = amount - event.amount
  if (missing === 0) return
  if (state !== 'dropped') {
    const account = draft.account(subscription, meter)
    draft.writeAccount(account, {
      booked: account.booked + missing,
      acked: account.acked + (state === 'acked' ? missing : 0),
    })
  }
  // The units of a dropped event stay in the day's total and in budgets, so correct them there too.
  spendFromBudgets(draft, { meter, amount: missing, ...placeInBudgets(hold, { meter, at }) })
  draft.addToDay(utcDay(at), meter, missing)
  countLabels(draft, { day: utcDay(at), meter, amount: missing, labels: heldLabels(hold, meter) })
  draft.writeEvent(event, { amount, flagged: null })
}

/**
 * Acknowledges an event that the ledger still has. A running fetch might not include the event, so the
 * event's units become ambiguous.
 */
function acknowledgeExisting(
  draft: Draft,
  event: EventRow,
  priceId: string | null,
  settings: LedgerSettings,
): void {
  if (event.state === 'waiting' || event.state === 'parked')
    changeNote(draft, event, { ambiguous: event.amount })
  acknowledgeEvent(draft, event, priceId, settings)
}

function addEvent(
  draft: Draft,
  event: Recovered,
  { hold, chargeRetentionMs }: LedgerSettings & { hold: HoldRow | undefined },
): void {
  const { attempt, meter, subscription, amount, procedure, priceId, at, properties } = event
  const account = draft.account(subscription, meter)
  draft.writeAccount(account, {
    booked: account.booked + amount,
    acked: account.acked + amount,
    // A snapshot that was fetched after the restore includes the event. A snapshot from the backup doesn't
    // include the event.
    snapshotAcked: account.snapshotAcked + (isFromBackup(draft.row) ? 0 : amount),
  })
  countOnce(draft, account, amount)
  spendFromBudgets(draft, { meter, amount, ...placeInBudgets(hold, { meter, at }) })
  // Flowglad had the event before the restore, so a running fetch includes it in the balance.
  changeNote(draft, event, { acked: amount })
  draft.writeEvent({
    customer: draft.row.customer,
    attempt,
    meter,
    subscription,
    procedure,
    amount,
    price: { usageMeterSlug: meter },
    state: 'acked',
    at,
    reference: null,
    properties,
    flagged: null,
    priceId,
    reason: null,
    retryAt: null,
    pruneAt: draft.now + chargeRetentionMs,
    parkedAt: null,
  })
  draft.addToDay(utcDay(at), meter, amount)
  countLabels(draft, { day: utcDay(at), meter, amount, labels: heldLabels(hold, meter) })
}

/** Returns how a recovered event counts in budgets: like its hold, if the backup has the hold. */
const placeInBudgets = (hold: HoldRow | undefined, { meter, at }: Pick<EventRow, 'meter' | 'at'>) => ({
  at: hold?.startedAt ?? at,
  budgets: hold?.legs.find((leg) => leg.meter === meter)?.budgets,
  labels: heldLabels(hold, meter),
})

/**
 * Keeps the period's limit unchanged. If the event is older than the period's first install,
 * `usedAtFirstSight` already includes the event's units.
 */
function countOnce(draft: Draft, account: AccountRow, amount: number): void {
  const { snapshotAvailable, waived, snapshotAcked, ackedAtFirstSight, usedAtFirstSight, limit } = account
  const known = snapshotAvailable + waived + (snapshotAcked - ackedAtFirstSight) + usedAtFirstSight
  const counted = Math.min(amount, Math.max(0, known - limit))
  draft.writeAccount(account, { ackedAtFirstSight: ackedAtFirstSight + counted })
}

/** Adds units to the notes of a running fetch. `install` stores these notes with Flowglad's balances. */
function changeNote(
  draft: Draft,
  { subscription, meter }: Pick<EventRow, 'subscription' | 'meter'>,
  { acked = 0, ambiguous = 0 }: { acked?: number; ambiguous?: number },
): void {
  const { lease } = draft.row
  if (lease?.purpose !== 'fetch') return
  const isOfAccount = (note: (typeof lease.notes)[number]) =>
    note.subscription === subscription && note.meter === meter
  const note = lease.notes.find(isOfAccount) ?? { subscription, meter, acked: 0, ambiguous: 0, dropped: 0 }
  const changed = { ...note, acked: note.acked + acked, ambiguous: note.ambiguous + ambiguous }
  draft.writeCustomer({
    lease: { ...lease, notes: [...lease.notes.filter((it) => !isOfAccount(it)), changed] },
  })
}

/**
 * Completes the operation, and drops the waiting usage of its other attempts. Does nothing if the key would have been
 * pruned without the restore, because such a key can be used for new work.
 */
function completeOperation(
  draft: Draft,
  { attempt, procedure, at }: Recovered,
  operation: string,
  settings: LedgerSettings,
): void {
  const pruneAt = Math.min(at, draft.now) + settings.keyRetentionMs
  if (pruneAt <= draft.now) return
  const key = recoveredKey(operation)
  const row = draft.key(procedure, key) ?? {
    customer: draft.row.customer,
    procedure,
    key,
    fingerprint: recoveredFingerprint(operation),
    attempt,
    completed: 1,
    result: null,
    resultBytes: 0,
    pruneAt,
  }
  draft.writeKey(row, { pruneAt })
  for (const other of draft.events())
    if (isDuplicate(other, attempt, operation)) dropEvent(draft, other, settings)
}

/**
 * Returns whether the event can be dropped as a duplicate. A sent event can't be dropped, because Flowglad
 * may have it.
 */
const isDuplicate = (event: EventRow, attempt: string, operation: string): boolean =>
  event.state === 'waiting' && event.attempt !== attempt && event.properties.operation === operation
