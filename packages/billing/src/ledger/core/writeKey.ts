import type { Reserve, Settle } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import type { KeyRow } from './rows.ts'

/** Assigns the key to the attempt that reserves units under it. */
export function claimKey(draft: Draft, command: Reserve, settings: LedgerSettings): void {
  if (command.key === null || command.fingerprint === null) return
  writeKey(draft, { ...command, key: command.key, fingerprint: command.fingerprint }, settings, {
    completed: 0,
    result: null,
    // The retention period starts at the end of the hold's maximum lifetime, so the fingerprint outlives the
    // hold.
    pruneAt: draft.now + command.maxHoldMs + settings.keyRetentionMs,
  })
}

type Completion = Pick<Settle, 'attempt' | 'procedure' | 'key' | 'fingerprint' | 'result'>

/**
 * Marks the key as completed and stores the result, unless the key belongs to another operation or the result
 * is already stored. If `alwaysKept` is set, the size limits don't apply to the result, and the result isn't
 * removed to make room for others.
 */
export function completeKey(
  draft: Draft,
  command: Completion,
  settings: LedgerSettings,
  { alwaysKept = false } = {},
): void {
  if (command.key === null || command.fingerprint === null) return
  const existing = draft.key(command.procedure, command.key)
  if (existing && existing.fingerprint !== command.fingerprint && existing.pruneAt > draft.now) return
  if (existing?.completed && existing.attempt === command.attempt && existing.result !== null) return
  writeKey(draft, { ...command, key: command.key, fingerprint: command.fingerprint }, settings, {
    completed: 1,
    result: command.result,
    pruneAt: draft.now + settings.keyRetentionMs,
    alwaysKept,
  })
}

/**
 * Writes the key's row. Omits a result that exceeds the size limit or the remaining space for the customer's
 * results, unless the result is always kept.
 */
function writeKey(
  draft: Draft,
  { attempt, procedure, key, fingerprint }: Pick<KeyRow, 'attempt' | 'procedure' | 'key' | 'fingerprint'>,
  settings: LedgerSettings,
  {
    alwaysKept = false,
    ...change
  }: Pick<KeyRow, 'completed' | 'result' | 'pruneAt'> & { alwaysKept?: boolean },
): void {
  const existing = draft.key(procedure, key)
  const freedBytes = existing?.resultBytes ?? 0
  const bytes = change.result === null || alwaysKept ? 0 : Buffer.byteLength(change.result)
  const fits = bytes > 0 && bytes <= settings.resultBytes && makeRoom(draft, bytes, existing, settings)
  const resultBytes = fits ? bytes : 0
  const isKept = fits || alwaysKept
  if (freedBytes !== 0 || resultBytes !== 0) {
    draft.writeCustomer({ resultBytes: draft.row.resultBytes - freedBytes + resultBytes })
  }
  const { customer } = draft.row
  const row = existing ?? { customer, procedure, key, fingerprint, attempt, ...change, resultBytes }
  draft.writeKey(row, { attempt, fingerprint, ...change, result: isKept ? change.result : null, resultBytes })
}

/**
 * Removes the oldest results to make room for a new result, and returns whether the new result fits. Keys
 * whose results were removed stay completed, but retries under them get no result. `replaced` is the row of
 * the key under which the new result is stored.
 */
function makeRoom(
  draft: Draft,
  bytes: number,
  replaced: KeyRow | undefined,
  settings: LedgerSettings,
): boolean {
  const usedByOthers = draft.row.resultBytes - (replaced?.resultBytes ?? 0)
  let excess = usedByOthers + bytes - settings.resultBytesPerCustomer
  for (const oldest of draft.oldestResults) {
    if (excess <= 0) break
    if (oldest === replaced || oldest.resultBytes === 0) continue
    excess -= oldest.resultBytes
    draft.writeCustomer({ resultBytes: draft.row.resultBytes - oldest.resultBytes })
    draft.writeKey(oldest, { result: null, resultBytes: 0 })
  }
  return excess <= 0
}
