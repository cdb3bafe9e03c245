/**
 * What the ledger is asked and what it answers. Every command is idempotent by an id minted before it was queued (the attempt,
 * the lease's token), because a batch whose COMMIT has an unknown outcome is simply run again.
 *
 * Amounts are integers in the meter's smallest unit, 1 … 2^31−1 (Flowglad stores int32). Durations are milliseconds; answers carry
 * durations rather than deadlines, since a process must never compare the database's clock with its own. `asOf` alone is a time
 * (epoch milliseconds, the database's clock), and only for showing.
 */
export type Command =
  | Reserve
  | Renew
  | Settle
  | Release
  | Expire
  | TakeLease
  | LeaveLease
  | Install
  | Acknowledge
  | Park
  | Drop

/** One meter's part of a hold. */
export interface Leg {
  meter: string
  /** Units to hold, 1 … 2^31−1. */
  amount: number
  /** A feature slug of the snapshot that lifts the limit altogether. */
  unlimitedBy: string | null
  /** A feature slug of the snapshot that lets usage run past the grant. */
  overageWith: string | null
  /** What expiry does with these units: gives them back, or books them as spent. */
  onExpiry: 'release' | 'settle'
  /** How the usage event names its price at Flowglad: see `EventPrice`. */
  price: EventPrice
}

/** A usage event carries exactly one identifier: the meter's own `priceSlug` when it names one, otherwise the meter itself. */
export type EventPrice = { priceSlug: string } | { usageMeterSlug: string }

/** All or nothing over its legs. A `decisive` reserve settles for the snapshot there is, instead of asking for a fetch first. */
export interface Reserve {
  type: 'reserve'
  customer: string
  /** UUIDv7; becomes the usage events' `transactionId`. */
  attempt: string
  /** The procedure's path; scopes the key, and is shown on the charge. */
  procedure: string
  key: string | null
  /** SHA-256 (hex) of the canonical raw input; null exactly when `key` is. */
  fingerprint: string | null
  legs: Leg[]
  ttlMs: number
  maxHoldMs: number
  /** Snapshots older than this count as none. */
  snapshotMaxStaleMs: number
  /** True once a fetch was tried: a period that is over, as far as known, no longer asks for another. */
  decisive: boolean
}

export interface Renew {
  type: 'renew'
  customer: string
  attempt: string
  ttlMs: number
}

/** Carries all it needs and books even when the hold's row is gone. */
export interface Settle {
  type: 'settle'
  customer: string
  attempt: string
  subscription: string
  procedure: string
  key: string | null
  fingerprint: string | null
  /** Actual units, 0 … 2^31−1 (0 books nothing). `flagged` says why a charge is not what the app's cost callback gave. */
  legs: { meter: string; amount: number; price: EventPrice; flagged: string | null }[]
  /** The call's result as JSON, stored for retries under a client-sent key; null when there is none to store. */
  result: string | null
  /** An id out of the result, for people and support; travels in the event's properties. */
  reference: string | null
  /** Further properties of the usage event. */
  properties: Record<string, string | number | boolean>
}

export interface Release {
  type: 'release'
  customer: string
  attempt: string
}

/** Ends all of a customer's holds whose time is over. */
export interface Expire {
  type: 'expire'
  customer: string
}

/**
 * Takes the customer's sync lease, or extends it when `token` already has it (then it notes and marks anew).
 * `fetch` notes every account's `acked` (and what is ambiguous) for the install; `deliver` marks waiting events `sent`, so many that no more
 * than `maxEvents` are on their way. Take it right before each request and never between a GET and its install: what is acknowledged by then
 * would be taken to be in the answer.
 */
export interface TakeLease {
  type: 'takeLease'
  customer: string
  token: string
  purpose: 'fetch' | 'deliver'
  leaseMs: number
  maxEvents: number
  /** Only if `token` still has it: whoever lost it to another, even for a moment, must not go on. */
  extend: boolean
}

/**
 * Frees the lease, if `token` still has it. `untaken`: events that this lease marked sent and that Flowglad does not have, as far as it tells: they were
 * not sent after all, or Flowglad itself refused them twice in a row. They wait again, and are ambiguous no longer. Never one that was ambiguous when
 * the lease was taken: what became of an earlier request no later one tells.
 */
export interface LeaveLease {
  type: 'leaveLease'
  customer: string
  token: string
  untaken: EventId[]
}

/** What Flowglad said of the customer's current subscription; all meters at once. */
export interface Snapshot {
  /** null: the customer has no current subscription. */
  subscription: {
    id: string
    status: string
    /** Flowglad's `cancelScheduledAt`, epoch milliseconds. */
    cancelScheduledAt: number | null
    /** Flowglad's `scheduledAdjustmentAt`, epoch milliseconds. */
    scheduledAdjustmentAt: number | null
    periodStart: number | null
    periodEnd: number | null
    planName: string
    /** The slug of the subscription's price (`free`, `pro_monthly`). */
    priceSlug: string | null
    isFree: boolean
    /** Slugs of the toggle features that are on. */
    features: string[]
  } | null
  /** By meter slug. A meter without a row at Flowglad has `available` 0; `granted` is the sum of the plan's credit grants. */
  meters: Record<string, { available: number; granted: number }>
}

/** Refused unless `token` still has the lease; leaves the lease. `unlimitedBy` names each meter's lifting feature. */
export interface Install {
  type: 'install'
  customer: string
  token: string
  snapshot: Snapshot
  unlimitedBy: Record<string, string>
}

export interface EventId {
  attempt: string
  meter: string
}

/** Flowglad has these events. Books are raised whether or not the lease was lost since: it is a fact about Flowglad. */
export interface Acknowledge {
  type: 'acknowledge'
  customer: string
  events: (EventId & { priceId: string | null })[]
}

/** Flowglad will not take this event: out of the way of its neighbours, shown, tried again after `retryInMs`. */
export interface Park {
  type: 'park'
  customer: string
  events: (EventId & { reason: string; retryInMs: number })[]
}

/** An operator gives an event up: its retries end now; `booked` falls in the next install whose lease was taken after. */
export interface Drop {
  type: 'drop'
  customer: string
  events: EventId[]
}

/** A usage event as delivery sends it. */
export interface UsageEvent extends EventId {
  customer: string
  subscription: string
  amount: number
  price: EventPrice
  /** When the work was settled, epoch milliseconds. */
  usageDate: number
  /** Flowglad has refused it for good before; this is one of the rare tries since. */
  parkedBefore: boolean
  properties: Record<string, string | number | boolean>
}

export interface ShortLeg {
  meter: string
  available: number
  held: number
  required: number
  /** Units whose fate at Flowglad is unknown; being short by no more than these is no reason to refuse. */
  ambiguous: number
}

export type ReserveAnswer =
  | { state: 'held'; subscription: string; expiresInMs: number; snapshotAgeMs: number; periodOver: boolean }
  /** The key's operation has been done: the stored result as JSON, or null when it was not kept. */
  | { state: 'completed'; result: string | null }
  | { state: 'inProgress'; retryAfterMs: number }
  | { state: 'keyReused' }
  /** Not enough: `legs` names every short meter. */
  | { state: 'short'; legs: ShortLeg[]; asOf: number }
  | { state: 'noSubscription'; asOf: number }
  /** No snapshot, one too old to trust, or one of a period that is over: fetch, then reserve once more. */
  | { state: 'needsSnapshot'; reason: 'none' | 'stale' | 'periodOver' }

export type RenewAnswer =
  | { state: 'renewed'; expiresInMs: number }
  | { state: 'atMaximum'; expiresInMs: number }
  | { state: 'ended' }
export type SettleAnswer =
  | { state: 'settled' }
  /** Another attempt completed the key first: its result; this attempt is not charged. */
  | { state: 'completed'; result: string | null }
export type TakeLeaseAnswer =
  /** `ambiguous`: sent before and neither acknowledged nor parked. `events`: marked sent just now (deliver only). */
  { state: 'taken'; ambiguous: UsageEvent[]; events: UsageEvent[] } | { state: 'busy'; retryAfterMs: number }

export interface AnswerOf {
  reserve: ReserveAnswer
  renew: RenewAnswer
  settle: SettleAnswer
  release: { state: 'ended' }
  expire: { state: 'swept'; ended: number }
  takeLease: TakeLeaseAnswer
  leaveLease: { state: 'left' }
  install: { state: 'installed' } | { state: 'leaseLost' }
  acknowledge: { state: 'acknowledged' }
  park: { state: 'parked' }
  drop: { state: 'dropped' }
}
export type Answer = AnswerOf[Command['type']]
