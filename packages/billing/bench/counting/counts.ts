/** The traffic from a ledger to its database. */
export interface Counts {
  transactions: number
  statements: number
  /** The number of times that the ledger sent a message after reading an answer to its earlier messages. */
  roundTrips: number
}

export const noCounts = (): Counts => ({ transactions: 0, statements: 0, roundTrips: 0 })
