import { isFromBackup } from './restored.ts'
import type { CustomerRow } from './rows.ts'

/** Returns whether the snapshot's period has ended. Flowglad may have started a new period since then. */
function isPeriodOver({ snapshot }: CustomerRow, now: number): boolean {
  const periodEnd = snapshot?.periodEnd ?? null
  return periodEnd !== null && periodEnd <= now
}

/**
 * Returns whether a fetch after the period's end still reported that period. After one such fetch, `reserve`
 * doesn't ask for another. If the fetch's time is in the future, the clock has stepped backward. Such a fetch
 * doesn't count, because it may have run before the period's end.
 */
const isPeriodChecked = ({ snapshot, periodCheckedFor, fetchedAt }: CustomerRow, now: number): boolean =>
  periodCheckedFor !== null && periodCheckedFor === snapshot?.periodEnd && (fetchedAt ?? 0) <= now

/**
 * Returns whether Flowglad may have newer data: the snapshot's period has ended, or the snapshot comes from a
 * backup.
 */
export const isOutdated = (row: CustomerRow, now: number): boolean =>
  isFromBackup(row) || isPeriodOver(row, now)

/** Returns whether a decision must wait for a fetch: the snapshot is outdated, and no later fetch has checked it. */
export const needsFetch = (row: CustomerRow, now: number): boolean =>
  isFromBackup(row) || (isPeriodOver(row, now) && !isPeriodChecked(row, now))
