import type { Draft } from './draft.ts'
import type { KeyRow } from './rows.ts'

/**
 * Returns the key under which a recovered operation is stored. The real key is lost, because Flowglad stores only the
 * operation's ID. Callers can't send the returned key, because it starts with `#`.
 */
export const recoveredKey = (operation: string): string => `#${hashOf(operation)}`

/** Returns the second part of the operation's ID: the start of the input's fingerprint. */
export const recoveredFingerprint = (operation: string): string => operation.slice(operation.indexOf('.') + 1)

const hashOf = (operation: string): string => operation.slice(0, operation.indexOf('.'))

/** Returns the operation's key row if the operation was completed before the ledger was restored, otherwise null. */
export function recoveredOperation(
  draft: Draft,
  { procedure, recoverable }: { procedure: string; recoverable?: string | undefined },
): KeyRow | null {
  if (recoverable === undefined) return null
  const key = draft.key(procedure, recoveredKey(recoverable))
  return key && key.pruneAt > draft.now ? key : null
}
