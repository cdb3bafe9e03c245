/**
 * Returns the snapshot's age. If the snapshot is from the future, the clock has stepped backward since, and
 * the age is unknown. The result is then the size of the step, so that the snapshot counts as old and is
 * refreshed.
 */
export const snapshotAge = (fetchedAt: number, now: number): number => Math.abs(now - fetchedAt)
