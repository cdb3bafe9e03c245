import { z } from 'zod'
import {
  actualAmount,
  amount,
  attempt,
  customer,
  decoration,
  durationMs,
  eventId,
  fingerprint,
  isStorable,
  key,
  legsOf,
  listOf,
  meter,
  price,
  procedure,
  properties,
  reportedUnits,
  text,
  time,
  token,
} from './fields.ts'

/**
 * The commands of the ledger and its answers.
 *
 * Every command is idempotent by an ID that its sender generates before queueing it (the attempt, or the lease's token), because a
 * batch runs again when the outcome of its COMMIT is unknown.
 *
 * Amounts are integers in the meter's smallest unit. Durations are milliseconds. Answers carry durations instead of deadlines, because
 * a process must not compare the database's clock with its own. The one exception, `asOf`, is for display.
 */

/** One meter's part of a hold. */
const leg = z.object({
  meter,
  amount,
  /** The feature that lifts the limit if the snapshot has it. Usage under it is forgiven when it ends. */
  unlimitedBy: text(256).nullable(),
  /** The feature that allows usage beyond the grant if the snapshot has it. That usage is owed. */
  overageWith: text(256).nullable(),
  /** Whether expiry returns the units or books them as spent. */
  onExpiry: z.enum(['release', 'settle']),
  price,
})

/** Holds units for one attempt: all legs or none. */
const reserve = z.object({
  type: z.literal('reserve'),
  customer,
  attempt,
  procedure,
  key: key.nullable(),
  /** Null if and only if `key` is null. */
  fingerprint: fingerprint.nullable(),
  legs: legsOf(leg).min(1),
  /** How long the hold lasts without a renewal. */
  ttlMs: durationMs,
  /** The longest time that the hold can last, including renewals. */
  maxHoldMs: durationMs,
  /** A snapshot older than this counts as missing. */
  snapshotMaxStaleMs: durationMs,
  /** True once the caller has tried to fetch: an ended period then no longer requires a fetch. */
  decisive: z.boolean(),
})

/** Extends a hold. A hold that is still marked held is renewed however late; an ended one stays ended. */
const renew = z.object({ type: z.literal('renew'), customer, attempt, ttlMs: durationMs })

/**
 * Books the actual amounts, ends the hold and stores the result under the key, in one transaction. Carries everything it needs, so it
 * books even if the hold's row is gone.
 */
const settle = z.object({
  type: z.literal('settle'),
  customer,
  attempt,
  /** The subscription to charge if the hold's row is gone. */
  subscription: text(256),
  procedure,
  key: key.nullable(),
  /** Null if and only if `key` is null. */
  fingerprint: fingerprint.nullable(),
  legs: legsOf(
    z.object({
      meter,
      amount: actualAmount,
      price,
      /** Why the charge differs from what the app's cost callback returned. */
      flagged: decoration.nullable(),
    }),
  ),
  /** The call's result as JSON, for retries under the key. Null if there is none to store. A result that can't be stored is left out. */
  result: z
    .string()
    .transform((it) => (isStorable(it) ? it : null))
    .nullable(),
  /** An ID from the result, for customers and support. It travels in the event's properties. */
  reference: decoration.nullable(),
  /** More properties of the usage event. */
  properties,
})

/** Ends a hold and returns its units, because the work failed. */
const release = z.object({ type: z.literal('release'), customer, attempt })

/** Ends every hold of the customer that is past its expiry time. */
const expire = z.object({ type: z.literal('expire'), customer })

/**
 * Takes the customer's lease, or extends it if `token` has it. Taking it for a fetch notes each account's acknowledged and ambiguous
 * units for the install; taking it for a delivery marks waiting events as sent. Take it right before each request, and never between
 * a GET and its install: events acknowledged in between would count as part of the answer.
 */
const takeLease = z.object({
  type: z.literal('takeLease'),
  customer,
  token,
  purpose: z.enum(['fetch', 'deliver']),
  /** How long the lease lasts. */
  leaseMs: durationMs,
  /** How many events may be in flight, ambiguous ones included. */
  maxEvents: z.number().int().min(0).max(10_000),
  /** If true, succeeds only if `token` still has the lease. A process that lost it, even for a moment, must stop. */
  extend: z.boolean(),
})

/** Ends the lease if `token` still has it. */
const leaveLease = z.object({
  type: z.literal('leaveLease'),
  customer,
  token,
  /**
   * Events that this lease marked as sent and that, by Flowglad's own answers, it doesn't have: they were
   * never sent, or Flowglad rejected them twice in a row. They wait again and are no longer ambiguous. Leave
   * out an event that was ambiguous when the lease was taken: a later response can't tell us whether an
   * earlier request succeeded.
   */
  untaken: listOf(eventId),
})

const subscription = z.object({
  id: text(256),
  status: text(64),
  /** Flowglad's `cancelScheduledAt`. */
  cancelScheduledAt: time.nullable(),
  /** Flowglad's `scheduledAdjustmentAt`. */
  scheduledAdjustmentAt: time.nullable(),
  periodStart: time.nullable(),
  periodEnd: time.nullable(),
  planName: z.string().max(1024).refine(isStorable),
  /** The slug of the subscription's price (`free`, `pro_monthly`). */
  priceSlug: text(256).nullable(),
  isFree: z.boolean(),
  /** The slugs of the toggle features that are on. */
  features: z.array(text(256)).max(1000),
})

/** Flowglad's report on the customer's current subscription, with all of its meters. */
const snapshot = z.object({
  /** Null if the customer has no current subscription. */
  subscription: subscription.nullable(),
  /** By meter slug. A meter without a row at Flowglad has `available` 0. `granted` is the sum of the plan's credit grants. */
  meters: z.record(meter, z.object({ available: reportedUnits, granted: reportedUnits })),
})

/** Stores a snapshot and ends the lease. Does nothing unless `token` still has the lease. */
const install = z.object({
  type: z.literal('install'),
  customer,
  token,
  snapshot,
  /** By meter slug: the feature that makes the meter unlimited. */
  unlimitedBy: z.record(meter, text(256)),
})

/** Records that Flowglad has these events. This is a fact about Flowglad, so it needs no lease. */
const acknowledge = z.object({
  type: z.literal('acknowledge'),
  customer,
  events: listOf(eventId.extend({ priceId: text(256).nullable() })),
})

/** Sets aside events that Flowglad rejects. They are shown, and become due again after `retryInMs`. */
const park = z.object({
  type: z.literal('park'),
  customer,
  events: listOf(eventId.extend({ reason: decoration, retryInMs: durationMs })),
})

/**
 * Drops events, on an operator's decision. Their retries end now; `booked` falls at the next install whose
 * lease is taken later.
 */
const drop = z.object({ type: z.literal('drop'), customer, events: listOf(eventId) })

export const commandSchema = z.discriminatedUnion('type', [
  reserve,
  renew,
  settle,
  release,
  expire,
  takeLease,
  leaveLease,
  install,
  acknowledge,
  park,
  drop,
])

export type Command = z.output<typeof commandSchema>
export type Leg = z.output<typeof leg>
export type EventPrice = z.output<typeof price>
export type EventId = z.output<typeof eventId>
export type Snapshot = z.output<typeof snapshot>

export type Reserve = z.output<typeof reserve>
export type Renew = z.output<typeof renew>
export type Settle = z.output<typeof settle>
export type Release = z.output<typeof release>
export type TakeLease = z.output<typeof takeLease>
export type LeaveLease = z.output<typeof leaveLease>
export type Install = z.output<typeof install>
export type Acknowledge = z.output<typeof acknowledge>
export type Park = z.output<typeof park>
export type Drop = z.output<typeof drop>

/** The answer of each command. */
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

export type ReserveAnswer =
  | { state: 'held'; subscription: string; expiresInMs: number; snapshotAgeMs: number; periodOver: boolean }
  /** An earlier attempt completed the operation. `result` is JSON, or null if it wasn't kept. */
  | { state: 'completed'; result: string | null }
  /** Another attempt is running under the key. */
  | { state: 'inProgress'; retryAfterMs: number }
  /** The key belongs to an operation with a different input. */
  | { state: 'keyReused' }
  /** Too few units. `legs` names every short meter. */
  | { state: 'short'; legs: ShortLeg[]; asOf: number }
  | { state: 'noSubscription'; asOf: number }
  /** The snapshot is missing, too old, or from a period that has ended. Fetch one, then reserve once more. */
  | { state: 'needsSnapshot'; reason: 'none' | 'stale' | 'periodOver' }

export interface ShortLeg {
  meter: string
  available: number
  held: number
  required: number
  /**
   * Units that Flowglad may or may not have counted already. A shortfall within these units doesn't deny the
   * call.
   */
  ambiguous: number
}

export type RenewAnswer =
  | { state: 'renewed'; expiresInMs: number }
  /** The hold has reached `maxHoldMs`: further renewals won't extend it. */
  | { state: 'atMaximum'; expiresInMs: number }
  | { state: 'ended' }

export type SettleAnswer =
  | { state: 'settled' }
  /** Another attempt completed the key first. This attempt isn't charged. */
  | { state: 'completed'; result: string | null }

export type TakeLeaseAnswer =
  /** `ambiguous`: events sent earlier and neither acknowledged nor parked. `events`: events marked as sent now (delivery only). */
  { state: 'taken'; ambiguous: UsageEvent[]; events: UsageEvent[] } | { state: 'busy'; retryAfterMs: number }

/** A usage event as delivery sends it. */
export interface UsageEvent extends EventId {
  customer: string
  subscription: string
  amount: number
  price: EventPrice
  /** When the work was settled, epoch milliseconds. */
  usageDate: number
  /** True if the event was parked and this is one of its occasional retries. */
  parkedBefore: boolean
  properties: Record<string, string | number | boolean>
}
