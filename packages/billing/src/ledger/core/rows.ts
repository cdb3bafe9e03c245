import { z } from 'zod'
import { subscription as reportedSubscription } from '../snapshot.ts'
import { heldBudget } from './budgetRow.ts'
import { json } from './json.ts'
import { heldLabel } from './labelRows.ts'

/**
 * The schemas of the ledger's rows, one per table. All stores share these schemas. Each property is a column
 * (`startedAt` is the column `started_at`). Objects are stored as JSON text, flags as 0 or 1, and times as
 * epoch milliseconds. Every primary key begins with the customer, except those of events in SQLite and of
 * acts on the whole ledger. PostgreSQL adds the customer's bucket before the customer.
 */
const integer = z.number().int()
const flag = z.union([z.literal(0), z.literal(1)])

const eventPrice = z.union([z.object({ priceSlug: z.string() }), z.object({ usageMeterSlug: z.string() })])
const properties = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

const subscriptionDetail = reportedSubscription.extend({
  /**
   * When the oldest unpaid renewal was due. Kept from earlier snapshots, because a subscription's status can
   * hide an unpaid renewal.
   */
  pastDueSince: integer.optional(),
})

/**
 * One account's counters at the time when the lease was taken for a fetch. `install` uses these counters to
 * determine which units Flowglad's balances include.
 */
const leaseNote = z.object({
  subscription: z.string(),
  meter: z.string(),
  acked: integer,
  ambiguous: integer,
  dropped: integer,
})

export const customerRow = z.object({
  customer: z.string(),
  version: integer,
  /**
   * The latest time at which any of the customer's rows changed. If this time is in the future, the clock has
   * stepped backward, and holds may end later than now plus their maximum lifetime.
   */
  time: integer,
  leaseToken: z.string().nullable(),
  /**
   * When the lease ends, or when the last lease ended. Delivery starts with the customer whose lease ended
   * first.
   */
  leaseUntil: integer,
  lease: json(
    z.object({ purpose: z.enum(['fetch', 'deliver']), notedAt: integer, notes: z.array(leaseNote) }),
  ).nullable(),
  /**
   * The token of the last install. If that install runs again because the outcome of its COMMIT was unknown,
   * it still returns `installed`.
   */
  installedToken: z.string().nullable(),
  subscription: z.string().nullable(),
  snapshot: json(subscriptionDetail).nullable(),
  /** Null if there is no snapshot. */
  fetchedAt: integer.nullable(),
  /**
   * The end of the snapshot's period if a fetch after that time still reported the period. Otherwise null.
   */
  periodCheckedFor: integer.nullable(),
  /** The number of events in state `waiting` or `sent`. */
  undelivered: integer,
  /** The total size of all stored results, in bytes. */
  resultBytes: integer,
  /** The number of budgets. */
  budgets: integer,
  /** The time of the newest alert, or 0. Each alert has a later time, even if the clock steps backward. */
  lastAlertAt: integer,
})

export const accountRow = z.object({
  customer: z.string(),
  subscription: z.string(),
  meter: z.string(),
  booked: integer,
  acked: integer,
  held: integer,
  /** Dropped units, to be subtracted from `booked` by the next install whose lease was taken after the drop. */
  dropped: integer,
  /** The number of parked events (not their units). */
  parked: integer,
  snapshotAvailable: integer,
  snapshotAcked: integer,
  /**
   * Units of events that were ambiguous when the lease was taken. The snapshot might already include these
   * units.
   */
  ambiguous: integer,
  /**
   * Units that Flowglad has subtracted from its balance, but that don't reduce the customer's available units. See
   * `unlimited.ts` and `endAdjustment`.
   */
  waived: integer,
  /** Whether the last snapshot made this account unlimited. */
  unlimited: flag,
  /**
   * Units that the customer owes: the number of units by which the balance was below 0 when the period started or the
   * meter became unlimited. In the second case, at least the number of undelivered units. Flowglad adds the owed units
   * to the balance once the customer has paid for them.
   */
  owed: integer,
  /** The units that had been booked when the meter became unlimited. 0 if the meter is limited. */
  bookedBeforeUnlimited: integer,
  /** The period to which `limit` applies. Empty before the first install. */
  period: z.string(),
  limit: integer,
  ackedAtFirstSight: integer,
  usedAtFirstSight: integer,
  /**
   * Units that operators have added in this period, minus those that they have subtracted. `limit` doesn't
   * include these units.
   */
  adjusted: integer,
  /** The highest threshold of the grant that the customer has reached in the period. 0 if none is reached. */
  alerted: integer,
})

const heldLeg = z.object({
  meter: z.string(),
  amount: integer,
  unlimited: z.boolean(),
  onExpiry: z.enum(['release', 'settle']),
  price: eventPrice,
  /** Missing if no budget applied to the leg when the hold was taken. */
  budgets: z.array(heldBudget).optional(),
  /** Missing if the call has no labels. */
  labels: z.array(heldLabel).optional(),
})

const countedLeg = z.object({ meter: z.string(), amount: integer })

/**
 * A hold in state `held`, or an expired hold that is kept for a late settle. A settled or released hold has
 * no row, because no later decision depends on it.
 */
export const holdRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  subscription: z.string(),
  procedure: z.string(),
  legs: json(z.array(heldLeg)),
  state: z.enum(['held', 'expired']),
  startedAt: integer,
  expiresAt: integer,
  maxHoldMs: integer,
  /** Null while held. */
  pruneAt: integer.nullable(),
  /** The units that a running stream has counted so far. Expiry books them. Null if the work isn't a stream. */
  counted: json(z.object({ legs: z.array(countedLeg), liveUntil: integer })).nullable(),
})

/**
 * A key's row. It records whether the work has completed. The hold of the key's attempt shows whether the
 * work is still running.
 */
export const keyRow = z.object({
  customer: z.string(),
  procedure: z.string(),
  key: z.string(),
  fingerprint: z.string(),
  attempt: z.string(),
  completed: flag,
  result: z.string().nullable(),
  resultBytes: integer,
  pruneAt: integer,
})

/** A usage event. It is both an outbox entry and a charge. */
export const eventRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  meter: z.string(),
  subscription: z.string(),
  procedure: z.string(),
  amount: integer,
  price: json(eventPrice),
  state: z.enum(['waiting', 'sent', 'acked', 'parked', 'dropped']),
  /** When the usage was booked. */
  at: integer,
  reference: z.string().nullable(),
  properties: json(properties),
  flagged: z.string().nullable(),
  priceId: z.string().nullable(),
  /** Why the event was parked. The reason isn't cleared when the event is retried. */
  reason: z.string().nullable(),
  /** When to retry a parked event. */
  retryAt: integer.nullable(),
  /**
   * Null until the event is acknowledged or dropped, so undelivered usage is never pruned.
   */
  pruneAt: integer.nullable(),
  /** When the event was last parked. */
  parkedAt: integer.nullable(),
})

export const dailyRow = z.object({
  customer: z.string(),
  day: z.string(),
  meter: z.string(),
  amount: integer,
})

/** The denials of one customer in one hour that have the same procedure and reason. */
export const denialRow = z.object({
  customer: z.string(),
  /** The start of the hour. */
  hour: integer,
  procedure: z.string(),
  code: z.string(),
  /** The meter with too few units, or an empty string. */
  meter: z.string(),
  /** The toggle feature that the plan lacks, or an empty string. */
  feature: z.string(),
  count: integer,
  firstAt: integer,
  lastAt: integer,
  /** The units that the last of these calls required, and the units that were available. */
  required: integer.nullable(),
  available: integer.nullable(),
})

/** The part of the ledger that an operator's act concerns, before or after the act. */
const actState = z.object({
  /** The event's state, if the act concerns an event. */
  event: z
    .object({ state: z.string(), reason: z.string().nullable(), retryAt: integer.nullable() })
    .optional(),
  /** The open hold, if the act concerns a hold. Null after the hold has ended. */
  hold: z
    .object({ startedAt: integer, expiresAt: integer, legs: z.array(countedLeg) })
    .nullable()
    .optional(),
  accounts: z.array(
    z.object({
      meter: z.string(),
      available: integer,
      held: integer,
      booked: integer,
      dropped: integer,
      parked: integer,
      adjusted: integer,
    }),
  ),
})

/** The record of an operator's act. Records are never changed or pruned. */
export const actRow = z.object({
  customer: z.string(),
  id: z.string(),
  at: integer,
  /** The operator's name. */
  by: z.string(),
  reason: z.string(),
  act: json(z.looseObject({ type: z.string() })),
  before: json(actState),
  after: json(actState),
})

/** When the ledger was last restored, and when the events that it lacked were recovered. */
export const restoreTimes = z.object({ restoredAt: integer.nullable(), recoveredAt: integer.nullable() })

/** The record of an operator's act on the whole ledger. Records are never changed or pruned. */
export const ledgerActRow = z.object({
  id: z.string(),
  at: integer,
  by: z.string(),
  reason: z.string(),
  act: json(z.object({ type: z.literal('restored') })),
  before: json(restoreTimes),
  after: json(restoreTimes),
})

export type CustomerRow = z.output<typeof customerRow>
export type AccountRow = z.output<typeof accountRow>
export type HoldRow = z.output<typeof holdRow>
export type KeyRow = z.output<typeof keyRow>
export type EventRow = z.output<typeof eventRow>
export type DenialRow = z.output<typeof denialRow>
export type LedgerActRow = z.output<typeof ledgerActRow>
export type ActState = z.output<typeof actState>
export type ActRow = z.output<typeof actRow>
