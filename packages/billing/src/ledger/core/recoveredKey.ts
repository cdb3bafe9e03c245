import type { Draft } from './draft.ts'
import type { KeyRow } from './rows.ts'

/**
 * Flowglad's records don't contain keys, only the operation's ID. A recovered operation therefore has a key row
 * of its own. No caller can use this key, because a key contains no `#`.
 */
export const recoveredKey = (operation: string): string => `#${hashOf(operation)}`

/** The start of the fingerprint of the operation's input. */
export const recoveredFingerprint = (operation: string): string => operation.slice(operation.indexOf('.') + 1)

const hashOf = (operation: string): string => operation.slice(0, operation.indexOf('.'))

/** Returns the key row of the operation if it was completed before the ledger was restored. */
export function recoveredOperation(
  draft: Draft,
  { procedure, recoverable }: { procedure: string; recoverable?: string | undefined },
): KeyRow | null {
  if (recoverable === undefined) return null
  const key = draft.key(procedure, recoveredKey(recoverable))
  return key && key.pruneAt > draft.now ? key : null
}
