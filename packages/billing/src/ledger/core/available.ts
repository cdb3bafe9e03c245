import type { AccountRow } from './rows.ts'

/**
 * Units that may still be reserved. What Flowglad's number contains (`snapshotAcked`) and what it cannot contain yet are told apart by
 * counters alone, so the cost does not grow with the history and pruning never changes it.
 */
export function available(account: AccountRow): number {
  return availableWithoutHolds(account) - account.held
}

export function availableWithoutHolds(account: AccountRow): number {
  return account.snapshotAvailable + account.waived - (account.booked - account.snapshotAcked)
}
