import type { AccountRow, CustomerRow } from './rows.ts'

export const emptyCustomer = (customer: string): CustomerRow => ({
  customer,
  version: 0,
  time: 0,
  leaseToken: null,
  leaseUntil: 0,
  lease: null,
  installedToken: null,
  subscription: null,
  snapshot: null,
  fetchedAt: null,
  periodCheckedFor: null,
  undelivered: 0,
  resultBytes: 0,
  budgets: 0,
})

export const emptyAccount = (id: Pick<AccountRow, 'customer' | 'subscription' | 'meter'>): AccountRow => ({
  ...id,
  booked: 0,
  acked: 0,
  held: 0,
  dropped: 0,
  parked: 0,
  snapshotAvailable: 0,
  snapshotAcked: 0,
  ambiguous: 0,
  waived: 0,
  unlimited: 0,
  owed: 0,
  bookedBeforeUnlimited: 0,
  period: '',
  limit: 0,
  ackedAtFirstSight: 0,
  usedAtFirstSight: 0,
  adjusted: 0,
})
