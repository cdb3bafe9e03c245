import type { Release, Renew, RenewAnswer } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import type { HoldRow } from './rows.ts'

/**
 * Ends a hold, exactly once: its units leave `held` here and nowhere else. Settled or released, its row goes; expired, it stays for a
 * while, for a settle that comes late and for the key that asks what became of its attempt.
 */
export function endHold(
  draft: Draft,
  hold: HoldRow,
  state: 'settled' | 'released' | 'expired',
  { holdRetentionMs }: LedgerSettings,
): void {
  if (hold.state === 'held') {
    for (const leg of hold.legs) {
      const account = draft.account(hold.subscription, leg.meter)
      draft.writeAccount(account, { held: account.held - leg.amount })
    }
  }
  if (state === 'expired') draft.writeHold(hold, { state, pruneAt: draft.now + holdRetentionMs })
  else draft.removeHold(hold)
}

export const isDue = (hold: HoldRow, now: number) => hold.state === 'held' && hold.expiresAt <= now

/** Gives the units of an abandoned hold back, or books them where the meter says that such work costs money. */
export function expireHold(draft: Draft, hold: HoldRow, settings: LedgerSettings): void {
  endHold(draft, hold, 'expired', settings)
  for (const leg of hold.legs) {
    if (leg.onExpiry === 'release') continue
    const { attempt, subscription, procedure } = hold
    const { meter, amount, price } = leg
    bookUsage(
      draft,
      {
        attempt,
        subscription,
        procedure,
        meter,
        amount,
        price,
        reference: null,
        properties: {},
        flagged: 'expired',
      },
      hold,
    )
  }
}

export function expireDueHolds(draft: Draft, settings: LedgerSettings): number {
  const due = draft.holds().filter((hold) => isDue(hold, draft.now))
  for (const hold of due) expireHold(draft, hold, settings)
  return due.length
}

/** A hold still marked held is renewed however late; an ended one stays ended. */
export function renew(draft: Draft, command: Renew): RenewAnswer {
  const hold = draft.hold(command.attempt)
  if (hold?.state !== 'held') return { state: 'ended' }
  const end = hold.startedAt + hold.maxHoldMs
  const expiresAt = Math.min(draft.now + command.ttlMs, end)
  draft.writeHold(hold, { expiresAt })
  const expiresInMs = Math.max(0, expiresAt - draft.now)
  return { state: expiresAt === end ? 'atMaximum' : 'renewed', expiresInMs }
}

export function release(draft: Draft, command: Release, settings: LedgerSettings): { state: 'ended' } {
  const hold = draft.hold(command.attempt)
  if (hold?.state === 'held') endHold(draft, hold, 'released', settings)
  return { state: 'ended' }
}
