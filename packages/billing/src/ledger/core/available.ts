import type { AccountRow } from './rows.ts'

/**
 * Returns the units that may still be reserved. Negative if more was spent than granted.
 *
 * Flowglad's number (`snapshotAvailable`) already contains the units that it had acknowledged by then (`snapshotAcked`). The account
 * subtracts the units booked since, and the units of running work. Counters suffice for that, so the cost doesn't grow with the
 * history, and pruning can't change the result.
 */
export const available = (account: AccountRow): number => availableWithoutHolds(account) - account.held

export const availableWithoutHolds = (account: AccountRow): number =>
  account.snapshotAvailable + account.waived - (account.booked - account.snapshotAcked)
