import type { Release, Renew, RenewAnswer } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Book } from './book.ts'
import { bookUsage } from './bookUsage.ts'
import type { HoldRow } from './rows.ts'

/**
 * Ends a hold, exactly once: its units leave `held` here and nowhere else. Settled or released, its row goes; expired, it stays for a
 * while, for a settle that comes late and for the key that asks what became of its attempt.
 */
export function endHold(
  book: Book,
  hold: HoldRow,
  state: 'settled' | 'released' | 'expired',
  { holdRetentionMs }: LedgerSettings,
): void {
  if (hold.state === 'held') {
    for (const leg of hold.legs) {
      const account = book.account(hold.subscription, leg.meter)
      book.writeAccount(account, { held: account.held - leg.amount })
    }
  }
  if (state === 'expired') book.writeHold(hold, { state, pruneAt: book.now + holdRetentionMs })
  else book.removeHold(hold)
}

export const isDue = (hold: HoldRow, now: number) => hold.state === 'held' && hold.expiresAt <= now

/** Gives the units of an abandoned hold back, or books them where the meter says that such work costs money. */
export function expireHold(book: Book, hold: HoldRow, settings: LedgerSettings): void {
  endHold(book, hold, 'expired', settings)
  for (const leg of hold.legs) {
    if (leg.onExpiry === 'release') continue
    const { attempt, subscription, procedure } = hold
    const { meter, amount, price } = leg
    bookUsage(
      book,
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

export function expireDueHolds(book: Book, settings: LedgerSettings): number {
  const due = book.holds().filter((hold) => isDue(hold, book.now))
  for (const hold of due) expireHold(book, hold, settings)
  return due.length
}

/** A hold still marked held is renewed however late; an ended one stays ended. */
export function renew(book: Book, command: Renew): RenewAnswer {
  const hold = book.hold(command.attempt)
  if (hold?.state !== 'held') return { state: 'ended' }
  const end = hold.startedAt + hold.maxHoldMs
  const expiresAt = Math.min(book.now + command.ttlMs, end)
  book.writeHold(hold, { expiresAt })
  const expiresInMs = Math.max(0, expiresAt - book.now)
  return { state: expiresAt === end ? 'atMaximum' : 'renewed', expiresInMs }
}

export function release(book: Book, command: Release, settings: LedgerSettings): { state: 'ended' } {
  const hold = book.hold(command.attempt)
  if (hold?.state === 'held') endHold(book, hold, 'released', settings)
  return { state: 'ended' }
}
