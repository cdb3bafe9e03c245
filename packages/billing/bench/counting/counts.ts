/** What a ledger has sent to its database. */
export interface Counts {
  transactions: number
  statements: number
  /** How often the ledger sent a message after it had read the answers to earlier messages. */
  roundTrips: number
}

export const noCounts = (): Counts => ({ transactions: 0, statements: 0, roundTrips: 0 })
