/** Every number of the package; durations in milliseconds. Pass only what differs. */
export const defaultOptions = {
  /** How long a hold outlives its last sign of life; a meter's own `holdTtlMs` wins. The living renew at half of it. */
  holdTtlMs: 120_000,
  /** Work that runs longer stops holding its units; a meter's own `maxHoldMs` wins. */
  maxHoldMs: 15 * 60_000,
  /** How often units of the dead are looked for. */
  sweepMs: 10_000,
  /** A snapshot older than this is refreshed behind the call (with a fifth of jitter). */
  snapshotMaxAgeMs: 60_000,
  /** A page that opens its balances stream has the snapshot refreshed once it is older than this: whoever reloads sees what Flowglad says now. */
  arrivalMaxAgeMs: 1_000,
  /** A snapshot older than this counts as none. */
  snapshotMaxStaleMs: 24 * 3_600_000,
  /** How long a call waits for a fetch before the last snapshot decides. */
  decisionMs: 1_500,
  /** Deadline of one request to Flowglad, its body included; shorter than `leaseMs`. */
  flowgladDeadlineMs: 10_000,
  /** How long a customer's sync lease belongs to who took it. */
  leaseMs: 30_000,
  /** Fetches at a time on this node. */
  maxFetches: 8,
  /** Fetches that one customer can cause at once on this node… */
  fetchBurst: 5,
  /** …and how long it takes until another is allowed. */
  fetchEveryMs: 1_000,
  /** Usage events in one bulk call. */
  bulkMaxEvents: 100,
  /** Bulk calls at a time. */
  maxBulks: 4,
  /** How often the outbox is looked at without being woken, for what other nodes left. */
  deliverEveryMs: 2_000,
  /** Longest pause between attempts to deliver. */
  deliverMaxPauseMs: 15_000,
  /** An event is parked after this many failures that were its own… */
  parkAfterFailures: 10,
  /** …over at least this long… */
  parkAfterMs: 15 * 60_000,
  /** …and tried again this often. */
  parkedRetryMs: 3_600_000,
  /** How long a caller waits for its usage to become durable; the settle itself goes on until shutdown. */
  settleAnswerMs: 30_000,
  /** Results larger than this (bytes of JSON) are not kept for retries. */
  resultMaxBytes: 64 * 1024,
  /** How often the versions of connected customers are looked up. */
  livePollMs: 500,
  /** How long `close` waits for work that runs. */
  shutdownGraceMs: 10_000,
  /** How long the pricing model (plans, names) is kept. */
  catalogMaxAgeMs: 60_000,
  /** How long past its first event the outbox may lag before health is degraded. */
  outboxLagMs: 60_000,
  /** The header that carries idempotency keys. */
  keyHeader: 'idempotency-key',
  /** Refuse metered calls without a key. */
  requireKey: false,
} as const

type Widened<T> = T extends number ? number : T extends boolean ? boolean : string
/** `defaultOptions`, with any number in the place of each. */
export type BillingOptions = {
  [K in keyof typeof defaultOptions]: Widened<(typeof defaultOptions)[K]>
}
