/** Every number of the ledger: durations in milliseconds, sizes in bytes. */
export const ledgerDefaults = {
  /** The most commands in a batch, which is one transaction. */
  batchCommands: 256,
  /** The most bytes of commands in a batch. */
  batchBytes: 1_048_576,
  /** The most commands that wait for a batch. Further ones get `LedgerUnavailableError`. */
  queueCommands: 10_000,
  /** How long a command waits for a store that is busy or unreachable before it gets `LedgerUnavailableError`. */
  outOfReachAfterMs: 15_000,
  /**
   * PostgreSQL: the limit for one statement, for waiting for a lock, and for idling inside a transaction. A node that stops while it holds
   * locks delays the others by this much.
   */
  transactionTimeoutMs: 5_000,
  /** PostgreSQL: when to give up a connection that doesn't answer. Longer than `transactionTimeoutMs`. */
  silentAfterMs: 12_000,
  /** How long keys, with their fingerprints and results, are kept after their last change. */
  keyRetentionMs: 24 * 3_600_000,
  /** How long expired holds are kept. At least `keyRetentionMs`, because a key's attempt counts as failed once its hold is gone. */
  holdRetentionMs: 24 * 3_600_000,
  /** How long charges are kept after Flowglad has acknowledged them. Daily totals are kept forever. */
  chargeRetentionMs: 90 * 24 * 3_600_000,
  /** The largest result to store. */
  resultBytes: 65_536,
  /** The size of all stored results of a customer. The newest are kept. */
  resultBytesPerCustomer: 16 * 1_048_576,
  /** The longest `retryAfterMs` while another attempt runs under the key. */
  inProgressRetryMs: 500,
  /** The most rows per table that one step of pruning removes. */
  pruneRows: 500,
}

export type LedgerOptions = Partial<typeof ledgerDefaults>
export type LedgerSettings = Readonly<typeof ledgerDefaults>
