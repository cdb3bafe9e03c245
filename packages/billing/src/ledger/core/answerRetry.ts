import type { Reserve, ReserveAnswer, Settle } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import { expireHold, isDue } from './holds.ts'
import type { KeyRow } from './rows.ts'

/** A key's answer to a reserve, or null when the key is free for it. */
export function keyAnswer(draft: Draft, command: Reserve, settings: LedgerSettings): ReserveAnswer | null {
  const key = command.key === null ? undefined : draft.key(command.procedure, command.key)
  if (!key) return null
  const hold = draft.hold(key.attempt)
  if (key.pruneAt <= draft.now && hold?.state !== 'held') return null
  if (key.fingerprint !== command.fingerprint) return { state: 'keyReused' }
  if (key.completed) return { state: 'completed', result: key.result }
  if (hold?.state === 'held') {
    if (!isDue(hold, draft.now)) {
      return {
        state: 'inProgress',
        retryAfterMs: Math.min(hold.expiresAt - draft.now, settings.inProgressRetryMs),
      }
    }
    expireHold(draft, hold, settings)
  }
  // Expiry booked it: the operation is paid for, so another run must not begin, though there is no result yet.
  const booked = hold?.state === 'expired' && hold.legs.some((leg) => leg.onExpiry === 'settle')
  return booked ? { state: 'completed', result: null } : null
}

/** Gives the key to an attempt. */
export function takeKey(draft: Draft, command: Reserve, settings: LedgerSettings): void {
  if (command.key === null || command.fingerprint === null) return
  writeKey(draft, { ...command, key: command.key, fingerprint: command.fingerprint }, settings, {
    completed: 0,
    result: null,
    // The hold may last so long; the fingerprint stays for its full time after that.
    pruneAt: draft.now + command.maxHoldMs + settings.keyRetentionMs,
  })
}

/** The attempt that completed this operation first, if it was another one. */
export function completedByAnother(draft: Draft, command: Settle): KeyRow | null {
  const key = command.key === null ? undefined : draft.key(command.procedure, command.key)
  if (!key?.completed || key.attempt === command.attempt) return null
  // Under another fingerprint it is another operation: what was done here is not what was paid for there.
  return key.fingerprint === command.fingerprint && key.pruneAt > draft.now ? key : null
}

/** Completes the key with the result, as far as results are kept. */
export function completeKey(draft: Draft, command: Settle, settings: LedgerSettings): void {
  if (command.key === null || command.fingerprint === null) return
  const known = draft.key(command.procedure, command.key)
  if (known && known.fingerprint !== command.fingerprint && known.pruneAt > draft.now) return
  if (known?.completed && known.attempt === command.attempt && known.result !== null) return
  writeKey(draft, { ...command, key: command.key, fingerprint: command.fingerprint }, settings, {
    completed: 1,
    result: command.result,
    pruneAt: draft.now + settings.keyRetentionMs,
  })
}

function writeKey(
  draft: Draft,
  name: { attempt: string; procedure: string; key: string; fingerprint: string },
  settings: LedgerSettings,
  change: { completed: 0 | 1; result: string | null; pruneAt: number },
): void {
  const known = draft.key(name.procedure, name.key)
  const freed = known?.resultBytes ?? 0
  const bytes = change.result === null ? 0 : Buffer.byteLength(change.result)
  const base = draft.row.resultBytes - freed
  const kept = bytes > 0 && bytes <= settings.resultBytes && makeRoom(draft, base, bytes, known, settings)
  const resultBytes = kept ? bytes : 0
  if (freed !== 0 || resultBytes !== 0) {
    draft.writeCustomer({ resultBytes: draft.row.resultBytes - freed + resultBytes })
  }
  const { customer } = draft.row
  const { attempt, procedure, key, fingerprint } = name
  const row = known ?? { customer, procedure, key, fingerprint, attempt, ...change, resultBytes }
  draft.writeKey(row, { attempt, fingerprint, ...change, result: kept ? change.result : null, resultBytes })
}

/** Forgets the oldest results until a new one fits: their keys stay completed, a retry gets no result. False: it does not fit. */
function makeRoom(
  draft: Draft,
  base: number,
  bytes: number,
  except: KeyRow | undefined,
  settings: LedgerSettings,
): boolean {
  let over = base + bytes - settings.resultBytesPerCustomer
  for (const oldest of draft.oldestResults) {
    if (over <= 0) break
    if (oldest === except || oldest.resultBytes === 0) continue
    over -= oldest.resultBytes
    draft.writeCustomer({ resultBytes: draft.row.resultBytes - oldest.resultBytes })
    draft.writeKey(oldest, { result: null, resultBytes: 0 })
  }
  return over <= 0
}
