/**
 * Returns the snapshot's age. If the snapshot's time is in the future, the clock has stepped backward, and
 * the age is unknown. The result is then the difference between the two times, so that the snapshot counts as
 * old and is refreshed.
 */
export const snapshotAge = (fetchedAt: number, now: number): number => Math.abs(now - fetchedAt)
