/** The default options. Durations are in milliseconds. Pass only the options that you change. */
export const defaultOptions = {
  /**
   * How long a hold lasts without a renewal. Running work renews its hold after half of this time. A meter's
   * `holdTtlMs` overrides this option.
   */
  holdTtlMs: 120_000,
  /**
   * How often a running stream stores the units that it has counted. If the process dies, the units counted
   * since the last write are free.
   */
  countEveryMs: 4_000,
  /** The longest time that work can hold units. A meter's `maxHoldMs` overrides this option. */
  maxHoldMs: 15 * 60_000,
  /** How often the sweeper expires holds that weren't renewed in time, and prunes old rows. */
  sweepMs: 10_000,
  /** The age at which a snapshot is refreshed in the background (±20%). */
  snapshotMaxAgeMs: 60_000,
  /**
   * The age at which a snapshot is refreshed after a balances stream opens. A snapshot that is already older is
   * refreshed immediately. Reloading a page therefore shows Flowglad's current data.
   */
  arrivalMaxAgeMs: 1_000,
  /** The age at which a snapshot is treated as missing. */
  snapshotMaxStaleMs: 24 * 3_600_000,
  /** How long a call waits for a fetch before the last snapshot is used instead. */
  decisionMs: 1_500,
  /** The deadline for one request to Flowglad, including the body. Must be shorter than `leaseMs`. */
  flowgladDeadlineMs: 10_000,
  /** How long a customer's lease lasts unless the node extends it. */
  leaseMs: 30_000,
  /** The maximum number of concurrent fetches on a node. */
  maxFetches: 8,
  /** The maximum number of fetches that one customer can trigger in a burst, per node. */
  fetchBurst: 5,
  /** How often a customer can trigger another fetch after a burst. */
  fetchEveryMs: 1_000,
  /**
   * The maximum number of checkouts and plan changes that one customer can have in progress or waiting on a
   * node. Further requests are denied with `BILLING_UNAVAILABLE`.
   */
  maxPlanRequests: 10,
  /** The maximum number of usage events in one bulk request. */
  bulkMaxEvents: 100,
  /** The maximum number of concurrent bulk requests. */
  maxBulks: 4,
  /**
   * How long new usage waits before it is delivered, so that one request can contain more events. The wait
   * ends early once `maxBulks` requests are full. While new usage doesn't fill one request, the wait is up to
   * five times as long. 0 delivers usage immediately.
   */
  deliverAfterMs: 200,
  /**
   * How often a node without new usage reads the outbox. These reads find events that other nodes did not
   * deliver.
   */
  deliverEveryMs: 2_000,
  /** The longest pause between two delivery attempts. */
  deliverMaxPauseMs: 15_000,
  /** The number of counted rejections after which an event is parked, but not before `parkAfterMs` has passed. */
  parkAfterFailures: 10,
  /** The minimum time between an event's first failure and its parking. */
  parkAfterMs: 15 * 60_000,
  /** How often a parked event is retried. */
  parkedRetryMs: 3_600_000,
  /**
   * How long a caller waits for its usage to become durable. After this time, the call fails, and the settle
   * is retried until shutdown.
   */
  settleAnswerMs: 30_000,
  /** The maximum size of a result that is stored for retries, in bytes of JSON. */
  resultMaxBytes: 64 * 1024,
  /** How often the ledger is checked for changes that other nodes made to connected customers' balances. */
  livePollMs: 500,
  /**
   * The maximum number of balances streams that one customer can have open on a node. Beyond the limit, a new
   * stream replaces the customer's oldest stream.
   */
  maxStreamsPerCustomer: 20,
  /**
   * The maximum number of balances streams on a node. Beyond the limit, a new stream replaces the oldest
   * stream of the customer with the most streams.
   */
  maxStreams: 10_000,
  /**
   * How often the session of an open stream is checked. Before a call over a WebSocket, the connection's
   * session is checked if its last check is older than this.
   */
  sessionCheckMs: 10_000,
  /**
   * How long a session can go unchecked, for example because its store is unreachable. After this time, the
   * session's open streams end, and its calls over a WebSocket are rejected.
   */
  sessionMaxUncheckedMs: 120_000,
  /**
   * How long `close` waits for running work. After half of this time, `close` ends the streams that are still open,
   * and charges the units that they have counted.
   */
  shutdownGraceMs: 10_000,
  /** The age at which the cached pricing model (plans, meters, prices) is refreshed in the background. */
  catalogMaxAgeMs: 60_000,
  /** The age of the oldest waiting event at which `/readyz` reports a lag. */
  outboxLagMs: 60_000,
  /** The header that carries idempotency keys. */
  keyHeader: 'idempotency-key',
  /** Whether clients' metered calls without a key are denied. Subscriptions never need a key. */
  requireKey: false,
} as const

type Widened<T> = T extends number ? number : T extends boolean ? boolean : string
/** The type of `defaultOptions`, with each literal type widened to `number`, `boolean` or `string`. */
export type BillingOptions = {
  [K in keyof typeof defaultOptions]: Widened<(typeof defaultOptions)[K]>
}
