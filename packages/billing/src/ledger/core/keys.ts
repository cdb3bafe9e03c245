import type { Reserve, ReserveAnswer, Settle } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Book } from './book.ts'
import { expireHold, isDue } from './holds.ts'
import type { KeyRow } from './rows.ts'

/** A key's answer to a reserve, or null when the key is free for it. */
export function keyAnswer(book: Book, command: Reserve, settings: LedgerSettings): ReserveAnswer | null {
  const key = command.key === null ? undefined : book.key(command.procedure, command.key)
  if (!key) return null
  const hold = book.hold(key.attempt)
  if (key.pruneAt <= book.now && hold?.state !== 'held') return null
  if (key.fingerprint !== command.fingerprint) return { state: 'keyReused' }
  if (key.completed) return { state: 'completed', result: key.result }
  if (hold?.state === 'held') {
    if (!isDue(hold, book.now)) {
      return {
        state: 'inProgress',
        retryAfterMs: Math.min(hold.expiresAt - book.now, settings.inProgressRetryMs),
      }
    }
    expireHold(book, hold, settings)
  }
  // Expiry booked it: the operation is paid for, so another run must not begin, though there is no result yet.
  const booked = hold?.state === 'expired' && hold.legs.some((leg) => leg.onExpiry === 'settle')
  return booked ? { state: 'completed', result: null } : null
}

/** Gives the key to an attempt. */
export function takeKey(book: Book, command: Reserve, settings: LedgerSettings): void {
  if (command.key === null || command.fingerprint === null) return
  writeKey(book, { ...command, key: command.key, fingerprint: command.fingerprint }, settings, {
    completed: 0,
    result: null,
    // The hold may last so long; the fingerprint stays for its full time after that.
    pruneAt: book.now + command.maxHoldMs + settings.keyRetentionMs,
  })
}

/** The attempt that completed this operation first, if it was another one. */
export function completedByAnother(book: Book, command: Settle): KeyRow | null {
  const key = command.key === null ? undefined : book.key(command.procedure, command.key)
  if (!key?.completed || key.attempt === command.attempt) return null
  // Under another fingerprint it is another operation: what was done here is not what was paid for there.
  return key.fingerprint === command.fingerprint && key.pruneAt > book.now ? key : null
}

/** Completes the key with the result, as far as results are kept. */
export function completeKey(book: Book, command: Settle, settings: LedgerSettings): void {
  if (command.key === null || command.fingerprint === null) return
  const known = book.key(command.procedure, command.key)
  if (known && known.fingerprint !== command.fingerprint && known.pruneAt > book.now) return
  if (known?.completed && known.attempt === command.attempt && known.result !== null) return
  writeKey(book, { ...command, key: command.key, fingerprint: command.fingerprint }, settings, {
    completed: 1,
    result: command.result,
    pruneAt: book.now + settings.keyRetentionMs,
  })
}

function writeKey(
  book: Book,
  name: { attempt: string; procedure: string; key: string; fingerprint: string },
  settings: LedgerSettings,
  change: { completed: 0 | 1; result: string | null; pruneAt: number },
): void {
  const known = book.key(name.procedure, name.key)
  const freed = known?.resultBytes ?? 0
  const bytes = change.result === null ? 0 : Buffer.byteLength(change.result)
  const base = book.row.resultBytes - freed
  const kept = bytes > 0 && bytes <= settings.resultBytes && makeRoom(book, base, bytes, known, settings)
  const resultBytes = kept ? bytes : 0
  if (freed !== 0 || resultBytes !== 0) {
    book.writeCustomer({ resultBytes: book.row.resultBytes - freed + resultBytes })
  }
  const { customer } = book.row
  const { attempt, procedure, key, fingerprint } = name
  const row = known ?? { customer, procedure, key, fingerprint, attempt, ...change, resultBytes }
  book.writeKey(row, { attempt, fingerprint, ...change, result: kept ? change.result : null, resultBytes })
}

/** Forgets the oldest results until a new one fits: their keys stay completed, a retry gets no result. False: it does not fit. */
function makeRoom(
  book: Book,
  base: number,
  bytes: number,
  except: KeyRow | undefined,
  settings: LedgerSettings,
): boolean {
  let over = base + bytes - settings.resultBytesPerCustomer
  for (const oldest of book.oldestResults) {
    if (over <= 0) break
    if (oldest === except || oldest.resultBytes === 0) continue
    over -= oldest.resultBytes
    book.writeCustomer({ resultBytes: book.row.resultBytes - oldest.resultBytes })
    book.writeKey(oldest, { result: null, resultBytes: 0 })
  }
  return over <= 0
}
