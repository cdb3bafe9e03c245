import type { FindResultAnswer, KeepResultAnswer } from '../answers.ts'
import type { FindResult, KeepResult } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import { completeKey } from './writeKey.ts'

/** Looks up the result that unmetered work has stored under the key. */
export function findResult(draft: Draft, command: Omit<FindResult, 'type'>): FindResultAnswer {
  const key = draft.key(command.procedure, command.key)
  if (!key || key.pruneAt <= draft.now) return { state: 'unused' }
  if (key.fingerprint !== command.fingerprint) return { state: 'keyReused' }
  if (!key.completed) return { state: 'unused' }
  return { state: 'completed', attempt: key.attempt, result: key.result }
}

/**
 * Stores the result of unmetered work under the key, unless the key has a result from another attempt and
 * `replaces` doesn't name that attempt.
 */
export function keepResult(draft: Draft, command: KeepResult, settings: LedgerSettings): KeepResultAnswer {
  const found = findResult(draft, command)
  if (found.state === 'keyReused') return found
  if (found.state === 'completed' && ![command.attempt, command.replaces].includes(found.attempt))
    return found
  // Keep the result regardless of its size. A completed key without a result would mean, for example, that a
  // checkout has been paid.
  completeKey(draft, command, settings, { alwaysKept: true })
  return { state: 'kept' }
}
