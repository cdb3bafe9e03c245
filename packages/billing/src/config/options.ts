/** The package's defaults. Durations are in milliseconds. Pass only what differs. */
export const defaultOptions = {
  /** How long a hold lives without a renewal. Running work renews it at half of this time. A meter's `holdTtlMs` overrides it. */
  holdTtlMs: 120_000,
  /** The longest time that work can hold units. A meter's `maxHoldMs` overrides it. */
  maxHoldMs: 15 * 60_000,
  /** How often due holds are expired and old rows are pruned. */
  sweepMs: 10_000,
  /** The age at which a snapshot is refreshed in the background (±20 %). */
  snapshotMaxAgeMs: 60_000,
  /** The age from which opening a balances stream refreshes the snapshot, so that a reload shows Flowglad's current data. */
  arrivalMaxAgeMs: 1_000,
  /** The age at which a snapshot starts to count as missing. */
  snapshotMaxStaleMs: 24 * 3_600_000,
  /** How long a call waits for a fetch. Then the last snapshot decides. */
  decisionMs: 1_500,
  /** The deadline of one request to Flowglad, including the body. Must be shorter than `leaseMs`. */
  flowgladDeadlineMs: 10_000,
  /** How long a node owns the lease on a customer. */
  leaseMs: 30_000,
  /** How many fetches a node runs at a time. */
  maxFetches: 8,
  /** How many fetches one customer can cause in a burst, per node. */
  fetchBurst: 5,
  /** How long until the customer can cause another fetch. */
  fetchEveryMs: 1_000,
  /** How many usage events one bulk request carries. */
  bulkMaxEvents: 100,
  /** How many bulk requests run at a time. */
  maxBulks: 4,
  /**
   * How often the outbox is read when this node has no new usage, for events that other nodes left behind.
   */
  deliverEveryMs: 2_000,
  /** The longest pause between two attempts to deliver. */
  deliverMaxPauseMs: 15_000,
  /** How many failures park a usage event that is sent alone, if they span at least `parkAfterMs`. */
  parkAfterFailures: 10,
  /** The shortest time between the first and the last failure of a parked event. */
  parkAfterMs: 15 * 60_000,
  /** How often a parked event is retried. */
  parkedRetryMs: 3_600_000,
  /** How long a caller waits for its usage to become durable. The settle continues until shutdown. */
  settleAnswerMs: 30_000,
  /** The largest result, in bytes of JSON, that is stored for retries. */
  resultMaxBytes: 64 * 1024,
  /** How often the versions of connected customers are read. */
  livePollMs: 500,
  /** How long `close` waits for running work. */
  shutdownGraceMs: 10_000,
  /** How long the pricing model (plans, names) is cached. */
  catalogMaxAgeMs: 60_000,
  /** Health is degraded once the oldest undelivered event reaches this age. */
  outboxLagMs: 60_000,
  /** The header that carries idempotency keys. */
  keyHeader: 'idempotency-key',
  /** Denies metered calls without a key. */
  requireKey: false,
} as const

type Widened<T> = T extends number ? number : T extends boolean ? boolean : string
/** The type of `defaultOptions`, with any value of the same kind for each option. */
export type BillingOptions = {
  [K in keyof typeof defaultOptions]: Widened<(typeof defaultOptions)[K]>
}
