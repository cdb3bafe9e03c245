import type { ReserveAnswer } from '../answers.ts'
import type { Reserve, Settle } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import { bookedAtExpiry, expireHold, isDue } from './expire.ts'
import { recoveredOperation } from './recoveredKey.ts'
import type { KeyRow } from './rows.ts'

/** Returns the answer if another attempt has used the key, or null if this attempt can run. */
export function answerRetry(draft: Draft, command: Reserve, settings: LedgerSettings): ReserveAnswer | null {
  return answerKnownKey(draft, command, settings) ?? answerRecovered(draft, command)
}

function answerRecovered(draft: Draft, command: Reserve): ReserveAnswer | null {
  const recovered = recoveredOperation(draft, command)
  if (!recovered) return null
  return command.fingerprint?.startsWith(recovered.fingerprint)
    ? { state: 'completed', result: null }
    : { state: 'keyReused' }
}

function answerKnownKey(draft: Draft, command: Reserve, settings: LedgerSettings): ReserveAnswer | null {
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
  // If expiry booked units, the operation has been charged. The operation must not run again, even though no
  // result is stored.
  return hold && bookedAtExpiry(hold).length > 0 ? { state: 'completed', result: null } : null
}

/** Returns the key's row if another attempt has completed this operation, otherwise null. */
export function completedByAnother(draft: Draft, command: Settle): KeyRow | null {
  const key = command.key === null ? undefined : draft.key(command.procedure, command.key)
  // If the fingerprints differ, another operation has completed the key, and this operation is charged separately.
  if (
    key?.completed &&
    key.attempt !== command.attempt &&
    key.fingerprint === command.fingerprint &&
    key.pruneAt > draft.now
  )
    return key
  const recovered = recoveredOperation(draft, command)
  return recovered &&
    recovered.attempt !== command.attempt &&
    command.fingerprint?.startsWith(recovered.fingerprint)
    ? recovered
    : null
}
