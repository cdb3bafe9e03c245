import type { AccountRow } from './rows.ts'

/**
 * Returns the number of units that can still be reserved. The result is negative if more units were spent
 * than granted.
 *
 * The snapshot's balance (`snapshotAvailable`) already reflects the units that Flowglad had acknowledged when
 * the snapshot was fetched (`snapshotAcked`). This function subtracts all other booked units and the units
 * held by running work. The function reads only counters, so it doesn't slow down as the history grows, and
 * pruning can't change the result. `adjusted` contains the units that operators have added or subtracted in
 * this period.
 */
export const available = (account: AccountRow): number => availableWithoutHolds(account) - account.held

export const availableWithoutHolds = (account: AccountRow): number =>
  account.snapshotAvailable + account.waived + account.adjusted - (account.booked - account.snapshotAcked)
