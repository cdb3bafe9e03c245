import type { RenewAnswer } from '../answers.ts'
import type { Renew } from '../commands.ts'
import type { Draft } from './draft.ts'

/**
 * Extends a hold, up to its maximum lifetime. A hold in state `held` is extended even if its expiry time has
 * passed. A hold that has ended can't be renewed.
 */
export function renew(draft: Draft, command: Renew): RenewAnswer {
  const hold = draft.hold(command.attempt)
  if (hold?.state !== 'held') return { state: 'ended' }
  // If the clock has stepped backward, a start time in the future would extend the hold's maximum lifetime.
  const startedAt = Math.min(hold.startedAt, draft.now)
  const latest = startedAt + hold.maxHoldMs
  const expiresAt = Math.min(draft.now + command.ttlMs, latest)
  draft.writeHold(hold, { startedAt, expiresAt })
  const expiresInMs = Math.max(0, expiresAt - draft.now)
  return { state: expiresAt === latest ? 'atMaximum' : 'renewed', expiresInMs }
}
