import type { Install } from '../commands.ts'
import { availableWithoutHolds } from './available.ts'
import type { Draft } from './draft.ts'
import { freeLease } from './lease.ts'
import type { AccountRow } from './rows.ts'

/** Installs what Flowglad said, together with what was acknowledged when it was asked; all meters at once. */
export function install(draft: Draft, command: Install): { state: 'installed' } | { state: 'leaseLost' } {
  const { lease, leaseToken } = draft.row
  if (leaseToken !== command.token || lease?.purpose !== 'fetch') {
    // After an unknown COMMIT the first run may have installed already.
    return { state: draft.row.installedToken === command.token ? 'installed' : 'leaseLost' }
  }
  for (const note of lease.notes) {
    if (note.dropped === 0) continue
    const account = draft.account(note.subscription, note.meter)
    // The one way down: given up before the lease was taken, so Flowglad's answer cannot come to contain it unseen.
    draft.writeAccount(account, {
      booked: account.booked - note.dropped,
      dropped: account.dropped - note.dropped,
    })
  }
  const { subscription, meters } = command.snapshot
  if (subscription) {
    const known = draft.accounts().filter((account) => account.subscription === subscription.id)
    const period = `${subscription.periodStart ?? 'none'}`
    for (const meter of new Set([...Object.keys(meters), ...known.map((account) => account.meter)])) {
      const feature = command.unlimitedBy[meter]
      const { available, granted } = meters[meter] ?? { available: 0, granted: 0 }
      // An account made since the lease was taken had nothing acknowledged then.
      const note = lease.notes.find((it) => it.subscription === subscription.id && it.meter === meter)
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
  const periodEnd = subscription?.periodEnd ?? null
  draft.writeCustomer({
    subscription: subscription?.id ?? null,
    snapshot: subscription,
    // When the lease was taken, not now: the answer is at least that fresh, and a period that ended in between was not asked about.
    fetchedAt: lease.notedAt,
    periodCheckedFor: periodEnd !== null && periodEnd <= lease.notedAt ? periodEnd : null,
    installedToken: command.token,
  })
  freeLease(draft)
  return { state: 'installed' }
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
  const firstSight = account.period !== reading.period
  const unlimitedEnded = account.unlimited === 1 && !reading.unlimited
  draft.writeAccount(account, {
    snapshotAvailable: reading.available,
    snapshotAcked: reading.acked,
    ambiguous: reading.ambiguous,
    unlimited: reading.unlimited ? 1 : 0,
  })
  if (unlimitedEnded) {
    // Flowglad's balance went negative while usage was unlimited; nobody is locked out for that.
    const least = firstSight ? reading.granted : 0
    draft.writeAccount(account, {
      waived: account.waived + Math.max(0, least - availableWithoutHolds(account)),
    })
  }
  const total = account.snapshotAvailable + account.waived
  if (firstSight) {
    const limit = Math.max(reading.granted, total)
    draft.writeAccount(account, {
      period: reading.period,
      limit,
      ackedAtFirstSight: reading.acked,
      usedAtFirstSight: limit - total,
    })
  } else {
    const spentSince = account.snapshotAcked - account.ackedAtFirstSight
    draft.writeAccount(account, {
      limit: Math.max(account.limit, total + spentSince + account.usedAtFirstSight),
    })
  }
}
