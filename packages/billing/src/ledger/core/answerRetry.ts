import type { ReserveAnswer } from '../answers.ts'
import type { Reserve, Settle } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import { bookedAtExpiry, expireHold, isDue } from './expire.ts'
import type { KeyRow } from './rows.ts'

/** Returns the answer if another attempt has used the key, or null if this attempt can run. */
export function answerRetry(draft: Draft, command: Reserve, settings: LedgerSettings): ReserveAnswer | null {
  const key = command.key === null ? undefined : draft.key(command.procedure, command.key)
  if (!key) return null
  const hold = draft.hold(key.attempt)
  if (key.pruneAt <= draft.now && hold?.state !== 'held') return null
  if (key.fingerprint !== command.fingerprint) return { state: 'keyReused' }
  if (key.completed) return { state: 'completed', result: key.result }
  if (hold && isDue(hold, draft.now)) expireHold(draft, hold, settings)
  if (hold?.state === 'held') {
    const retryAfterMs = Math.min(hold.expiresAt - draft.now, settings.inProgressRetryMs)
    return { state: 'inProgress', retryAfterMs }
  }
  // If expiry booked the units, the operation has been charged. It must not run again, even though no result
  // is stored.
  return hold && bookedAtExpiry(hold).length > 0 ? { state: 'completed', result: null } : null
}

/** Returns the key's row if another attempt has completed this operation, otherwise null. */
export function completedByAnother(draft: Draft, command: Settle): KeyRow | null {
  const key = command.key === null ? undefined : draft.key(command.procedure, command.key)
  if (!key?.completed || key.attempt === command.attempt) return null
  // A different fingerprint means a different operation, which is charged separately.
  return key.fingerprint === command.fingerprint && key.pruneAt > draft.now ? key : null
}
