import type { z } from 'zod'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { KnownEventState, RestoreState } from '../reads.ts'
import type { eventStateRow, restoreRow } from './readRows.ts'

/** The amount by which a restore raises each version, so that no lost row has a higher version. */
export const restoredVersionStep = 2 ** 32

/** The act that records a restore. */
export const restoredAct = JSON.stringify({ type: 'restored' })

/**
 * The share of the retention period in which no event can have been pruned. The rest is a margin, because
 * Flowglad's clock can be ahead, and because events can be pruned while Flowglad's list is being read.
 */
const certainlyKept = 0.9

export type Retention = Pick<LedgerSettings, 'keyRetentionMs' | 'chargeRetentionMs'>

export function restoreStateOf(
  { ledger, restoredAt, recoveredAt }: z.output<typeof restoreRow>,
  { now, keyRetentionMs, chargeRetentionMs }: Retention & { now: number },
): RestoreState {
  const isRecovering = restoredAt !== null && recoveredAt === null
  const recognizesKeys = isRecovering || (recoveredAt !== null && now < recoveredAt + keyRetentionMs)
  return { ledger, keepsEventsSince: now - certainlyKept * chargeRetentionMs, isRecovering, recognizesKeys }
}

export function eventStateOf(
  { state, pruneAt, restoredAt }: z.output<typeof eventStateRow>,
  { chargeRetentionMs }: Retention,
): KnownEventState {
  if (state === null) return 'missing'
  if (state !== 'acked') return 'open'
  const ackedAt = (pruneAt ?? 0) - chargeRetentionMs
  return restoredAt !== null && ackedAt > restoredAt ? 'recovered' : 'acknowledged'
}
