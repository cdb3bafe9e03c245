/** The traffic from a ledger to its database. */
export interface Counts {
  transactions: number
  statements: number
  /** How many times the ledger sent a message after reading the answers to its earlier messages. */
  roundTrips: number
}

export const noCounts = (): Counts => ({ transactions: 0, statements: 0, roundTrips: 0 })
