import type { Install } from '../commands.ts'
import { availableWithoutHolds } from './available.ts'
import type { Draft } from './draft.ts'
import { endLease } from './endLease.ts'
import { pastDueSince } from './pastDue.ts'
import type { AccountRow, CustomerRow } from './rows.ts'
import { setPlanBudgets } from './setBudget.ts'
import { debtOf, endUnlimited, startUnlimited } from './unlimited.ts'

type Lease = NonNullable<CustomerRow['lease']>

/**
 * Stores Flowglad's balances for all meters, and the units that Flowglad had acknowledged when the lease was
 * taken. Ends the lease.
 */
export function install(draft: Draft, command: Install): { state: 'installed' } | { state: 'leaseLost' } {
  const { lease, leaseToken } = draft.row
  if (leaseToken !== command.token || lease?.purpose !== 'fetch') {
    // This can be a repeated install whose first COMMIT succeeded. In that case, the snapshot is already
    // installed.
    return { state: draft.row.installedToken === command.token ? 'installed' : 'leaseLost' }
  }
  subtractDropped(draft, lease)
  installAccounts(draft, command, lease)
  const { subscription } = command.snapshot
  const periodEnd = subscription?.periodEnd ?? null
  // Use the time when the lease was taken. Flowglad's response is at least that recent, but might not include a
  // period that began later. If the clock has stepped backward and that time is in the future, use the
  // current time.
  const fetchedAt = Math.min(lease.notedAt, draft.now)
  draft.writeCustomer({
    subscription: subscription?.id ?? null,
    snapshot: subscription && {
      ...subscription,
      pastDueSince: pastDueSince(draft.row.snapshot, subscription),
    },
    fetchedAt,
    periodCheckedFor: periodEnd !== null && periodEnd <= fetchedAt ? periodEnd : null,
    installedToken: command.token,
  })
  setPlanBudgets(draft, command.planBudgets ?? [])
  endLease(draft)
  return { state: 'installed' }
}

/**
 * Subtracts dropped units from `booked`. The units were dropped before the lease was taken, so Flowglad's
 * balances can't include them.
 */
function subtractDropped(draft: Draft, { notes }: Lease): void {
  for (const { subscription, meter, dropped } of notes) {
    if (dropped === 0) continue
    const account = draft.account(subscription, meter)
    draft.writeAccount(account, { booked: account.booked - dropped, dropped: account.dropped - dropped })
  }
}

function installAccounts(draft: Draft, { snapshot, unlimitedBy }: Install, { notes }: Lease): void {
  const { subscription, meters } = snapshot
  if (!subscription) return
  const existing = draft.accounts().filter((account) => account.subscription === subscription.id)
  const period = `${subscription.periodStart ?? 'none'}`
  for (const meter of new Set([...Object.keys(meters), ...existing.map((account) => account.meter)])) {
    const feature = unlimitedBy[meter]
    const { available, granted } = meters[meter] ?? { available: 0, granted: 0 }
    // An account that was created after the lease was taken has no note. None of the account's units had been
    // acknowledged at that time.
    const note = notes.find((it) => it.subscription === subscription.id && it.meter === meter)
    installAccount(draft, draft.account(subscription.id, meter), {
      available,
      granted,
      acked: note?.acked ?? 0,
      ambiguous: note?.ambiguous ?? 0,
      unlimited: feature !== undefined && subscription.features.includes(feature),
      period,
    })
  }
}

interface Reading {
  available: number
  granted: number
  acked: number
  ambiguous: number
  unlimited: boolean
  period: string
}

function installAccount(draft: Draft, account: AccountRow, reading: Reading): void {
  const isFirstInstall = account.period === ''
  const isFirstSight = account.period !== reading.period
  if (isFirstSight) endAdjustment(draft, account)
  const wasUnlimited = account.unlimited === 1
  if (isFirstSight && !isFirstInstall && !wasUnlimited) draft.writeAccount(account, { owed: debtOf(account) })
  draft.writeAccount(account, {
    snapshotAvailable: reading.available,
    snapshotAcked: reading.acked,
    ambiguous: reading.ambiguous,
    unlimited: reading.unlimited ? 1 : 0,
  })
  if (!wasUnlimited && reading.unlimited) startUnlimited(draft, account, isFirstInstall)
  if (wasUnlimited && !reading.unlimited) endUnlimited(draft, account, isFirstSight ? reading.granted : 0)
  if (isFirstSight) startPeriod(draft, account, reading)
  else raiseLimit(draft, account)
}

function startPeriod(draft: Draft, account: AccountRow, { period, granted, acked }: Reading): void {
  const total = account.snapshotAvailable + account.waived
  const limit = Math.max(granted, total)
  const usedAtFirstSight = limit - total
  draft.writeAccount(account, {
    period,
    limit,
    ackedAtFirstSight: acked,
    usedAtFirstSight,
    alerted: 0,
    owed: account.unlimited === 1 ? account.owed : Math.min(account.owed, usedAtFirstSight),
  })
}

/**
 * Raises the limit if the balance has grown, for example because the customer has bought a pack. Units that the
 * customer owed when the period started don't raise the limit when Flowglad adds them. They only stop counting as used.
 */
function raiseLimit(draft: Draft, account: AccountRow): void {
  const { snapshotAvailable, waived, snapshotAcked, ackedAtFirstSight, usedAtFirstSight, unlimited } = account
  const limit = snapshotAvailable + waived + (snapshotAcked - ackedAtFirstSight) + usedAtFirstSight
  const owed = unlimited === 1 ? 0 : Math.min(account.owed, usedAtFirstSight)
  const paid = Math.min(owed, Math.max(0, limit - account.limit))
  draft.writeAccount(account, {
    limit: Math.max(account.limit, limit - paid),
    usedAtFirstSight: usedAtFirstSight - paid,
    owed: unlimited === 1 ? account.owed : owed - paid,
  })
}

/**
 * Ends the operators' adjustment, because its period has ended. Waives the spent part of a credit: Flowglad
 * carries the negative balance into the next period, but the customer must not pay for the credit.
 */
function endAdjustment(draft: Draft, account: AccountRow): void {
  const { adjusted, waived } = account
  if (adjusted === 0) return
  const overspent = Math.max(0, adjusted - availableWithoutHolds(account))
  const spent = Math.min(Math.max(0, adjusted), overspent)
  draft.writeAccount(account, { adjusted: 0, waived: waived + spent })
}
