import { thresholds } from './budgetCommands.ts'

/** The ledger's limits and retention periods. Durations are in milliseconds, sizes in bytes. */
export const ledgerDefaults = {
  /** The maximum number of commands in a batch (one transaction). */
  batchCommands: 256,
  /** The maximum total size of the commands in a batch. */
  batchBytes: 1_048_576,
  /**
   * The maximum number of batches that run at the same time. Each customer is in at most one of these
   * batches.
   */
  parallelBatches: 2,
  /** How long a batch runs before a batch for other customers can start. */
  nextBatchAfterMs: 20,
  /** The maximum number of queued commands. Further commands are rejected with `LedgerUnavailableError`. */
  queueCommands: 10_000,
  /**
   * How long a command waits for a busy or unreachable store before the command is rejected with
   * `LedgerUnavailableError`.
   */
  outOfReachAfterMs: 15_000,
  /**
   * How long a command waits for a store that rejects writes, for example because its disk is full. After
   * that, the command is rejected with `LedgerUnavailableError`.
   */
  cannotWriteAfterMs: 500,
  /**
   * PostgreSQL: the timeout for a statement, for a lock, and for an idle transaction. If a node hangs while
   * it holds locks, the other nodes wait at most this long.
   */
  transactionTimeoutMs: 5_000,
  /**
   * PostgreSQL: how long to wait for a response before closing the connection. Must be longer than
   * `transactionTimeoutMs`.
   */
  silentAfterMs: 12_000,
  /** How long a key, its fingerprint and its result are kept after their last change. */
  keyRetentionMs: 24 * 3_600_000,
  /**
   * How long expired holds are kept. Must be at least `keyRetentionMs`: without the hold's row, the key's
   * attempt counts as failed.
   */
  holdRetentionMs: 24 * 3_600_000,
  /** How long charges are kept after Flowglad has acknowledged them. Daily totals are kept forever. */
  chargeRetentionMs: 90 * 24 * 3_600_000,
  /** How long denial counts are kept. */
  denialRetentionMs: 24 * 3_600_000,
  /** How long alerts are kept. */
  alertRetentionMs: 400 * 24 * 3_600_000,
  /**
   * The percentages of a plan's grant at which the ledger raises alerts: up to 10 whole numbers from 1 to 1,000. An empty
   * list raises no alerts for grants.
   */
  grantThresholds: [80, 100],
  /** The maximum size of a stored result. */
  resultBytes: 65_536,
  /** The maximum total size of a customer's stored results. The newest results are kept. */
  resultBytesPerCustomer: 16 * 1_048_576,
  /** The maximum `retryAfterMs` while another attempt runs under the key. */
  inProgressRetryMs: 500,
  /** The number of customers whose rows are kept in memory between batches. */
  recentCustomers: 10_000,
  /** The maximum number of rows that one pruning step removes from each table. */
  pruneRows: 500,
}

/** The ledger's settings. Each setting has a default. */
export type LedgerOptions = Partial<typeof ledgerDefaults>
export type LedgerSettings = Readonly<typeof ledgerDefaults>

/**
 * Adds the defaults to the options.
 *
 * @throws {TypeError} if `grantThresholds` is invalid. A ledger with invalid thresholds couldn't store their alerts, so
 * every charge that reaches such a threshold would fail.
 */
export function settingsOf(options: LedgerOptions): LedgerSettings {
  const settings = { ...ledgerDefaults, ...options }
  const { success, data } = thresholds.safeParse(settings.grantThresholds)
  if (!success) throw new TypeError('`grantThresholds` needs up to 10 whole numbers from 1 to 1,000.')
  return { ...settings, grantThresholds: [...data] }
}
