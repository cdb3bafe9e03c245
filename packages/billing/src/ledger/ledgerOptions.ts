/** Every number of the ledger. Durations in milliseconds, sizes in bytes. */
export const ledgerDefaults = {
  /** A batch is one transaction: at most so many commands … */
  batchCommands: 256,
  /** … and so many bytes of them. */
  batchBytes: 1_048_576,
  /** Commands waiting for a batch; beyond it `LedgerUnavailableError`. */
  queueCommands: 10_000,
  /** How long a command waits while the store is busy or away, in the queue or in a batch that is run again, before its caller is told. */
  outOfReachAfterMs: 15_000,
  /** PostgreSQL: a connection that says nothing for so long is given up. Beyond the server's own timeouts of 5 s. */
  silentAfterMs: 12_000,
  /** Keys, their fingerprints and results, counted from the last change. */
  keyRetentionMs: 24 * 3_600_000,
  /** Expired holds. At least `keyRetentionMs`: a key looks at its attempt's hold to tell failed from expired. */
  holdRetentionMs: 24 * 3_600_000,
  /** Charges, counted from their acknowledgement. Daily totals stay. */
  chargeRetentionMs: 90 * 24 * 3_600_000,
  /** One stored result. */
  resultBytes: 65_536,
  /** All stored results of a customer; the newest are kept. */
  resultBytesPerCustomer: 16 * 1_048_576,
  /** The longest that a caller is told to wait for another attempt under its key. */
  inProgressRetryMs: 500,
  /** Rows that one step of pruning removes. */
  pruneRows: 500,
}

export type LedgerOptions = Partial<typeof ledgerDefaults>
export type LedgerSettings = Readonly<typeof ledgerDefaults>
