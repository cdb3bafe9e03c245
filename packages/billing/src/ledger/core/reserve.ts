import type { Leg, Reserve, ReserveAnswer, ShortLeg } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { available } from './available.ts'
import type { Book } from './book.ts'
import { isPeriodChecked, isPeriodOver } from './customerBalances.ts'
import { expireDueHolds } from './holds.ts'
import { keyAnswer, takeKey } from './keys.ts'

/** Decides whether work may start, and holds its units: all legs or none. */
export function reserve(book: Book, command: Reserve, settings: LedgerSettings): ReserveAnswer {
  const mine = book.hold(command.attempt)
  if (mine) return heldAnswer(book, mine.subscription, mine.state === 'held' ? mine.expiresAt : book.now)

  const byKey = keyAnswer(book, command, settings)
  if (byKey) return byKey

  const { fetchedAt, snapshot } = book.row
  if (fetchedAt === null) return { state: 'needsSnapshot', reason: 'none' }
  if (book.now - fetchedAt > command.snapshotMaxStaleMs) return { state: 'needsSnapshot', reason: 'stale' }
  if (!snapshot) return { state: 'noSubscription', asOf: fetchedAt }
  if (isPeriodOver(book.row, book.now) && !isPeriodChecked(book.row) && !command.decisive) {
    return { state: 'needsSnapshot', reason: 'periodOver' }
  }

  const features = new Set(snapshot.features)
  const short = () => command.legs.flatMap((leg) => shortLeg(book, snapshot.id, leg, features))
  // Units of the dead are given back before anybody is refused.
  if (short().length > 0 && expireDueHolds(book, settings) > 0) {
    // A due hold may have been this key's; its fate is decided anew.
    const expired = keyAnswer(book, command, settings)
    if (expired) return expired
  }
  const legs = short()
  if (legs.length > 0) return { state: 'short', legs, asOf: fetchedAt }

  hold(book, snapshot.id, command, features)
  takeKey(book, command, settings)
  const expiresAt = book.now + Math.min(command.ttlMs, command.maxHoldMs)
  return heldAnswer(book, snapshot.id, expiresAt)
}

const lifts = (feature: string | null, features: Set<string>) => feature !== null && features.has(feature)

/** Unlimited and overage take the same path as everybody; only this comparison is skipped. */
function shortLeg(book: Book, subscription: string, leg: Leg, features: Set<string>): ShortLeg[] {
  if (lifts(leg.unlimitedBy, features) || lifts(leg.overageWith, features)) return []
  const account = book.account(subscription, leg.meter)
  if (available(account) >= leg.amount) return []
  const { held, ambiguous } = account
  return [{ meter: leg.meter, available: available(account), held, required: leg.amount, ambiguous }]
}

function hold(book: Book, subscription: string, command: Reserve, features: Set<string>): void {
  for (const leg of command.legs) {
    const account = book.account(subscription, leg.meter)
    book.writeAccount(account, { held: account.held + leg.amount })
  }
  book.writeHold({
    customer: book.row.customer,
    attempt: command.attempt,
    subscription,
    procedure: command.procedure,
    legs: command.legs.map(({ meter, amount, unlimitedBy, onExpiry, price }) => ({
      meter,
      amount,
      unlimited: lifts(unlimitedBy, features),
      onExpiry,
      price,
    })),
    state: 'held',
    startedAt: book.now,
    expiresAt: book.now + Math.min(command.ttlMs, command.maxHoldMs),
    maxHoldMs: command.maxHoldMs,
    pruneAt: null,
  })
}

const heldAnswer = (book: Book, subscription: string, expiresAt: number): ReserveAnswer => ({
  state: 'held',
  subscription,
  expiresInMs: Math.max(0, expiresAt - book.now),
  snapshotAgeMs: Math.max(0, book.now - (book.row.fetchedAt ?? book.now)),
  periodOver: isPeriodOver(book.row, book.now),
})
