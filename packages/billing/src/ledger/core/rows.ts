import { z } from 'zod'

/**
 * The ledger's rows, one schema per table, the same in every store. A property is a column (`startedAt` → `started_at`), an object is
 * JSON text, a flag is 0 or 1, and a time is epoch milliseconds. Every primary key begins with the customer.
 */
const json = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema)
const integer = z.number().int()
const flag = z.union([z.literal(0), z.literal(1)])

const eventPrice = z.union([z.object({ priceSlug: z.string() }), z.object({ usageMeterSlug: z.string() })])
const properties = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

const subscriptionDetail = z.object({
  id: z.string(),
  status: z.string(),
  cancelScheduledAt: integer.nullable(),
  scheduledAdjustmentAt: integer.nullable(),
  periodStart: integer.nullable(),
  periodEnd: integer.nullable(),
  planName: z.string(),
  priceSlug: z.string().nullable(),
  isFree: z.boolean(),
  features: z.array(z.string()),
})

/** One account's counters when the lease was taken for a fetch. They tell the install what Flowglad's answer contains. */
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
  /** The latest time at which the core decided about this customer. Later decisions never use an earlier time. */
  time: integer,
  leaseToken: z.string().nullable(),
  /** When the lease ends, or when it ended. Delivery serves the customer with the earliest time first. */
  leaseUntil: integer,
  lease: json(
    z.object({ purpose: z.enum(['fetch', 'deliver']), notedAt: integer, notes: z.array(leaseNote) }),
  ).nullable(),
  /** The token of the last install. If its COMMIT had an unknown outcome, its repetition still answers `installed`. */
  installedToken: z.string().nullable(),
  subscription: z.string().nullable(),
  snapshot: json(subscriptionDetail).nullable(),
  /** Null if there is no snapshot. */
  fetchedAt: integer.nullable(),
  /** The period end after which Flowglad was asked and still reported this period. */
  periodCheckedFor: integer.nullable(),
  /** The number of events waiting or sent. */
  undelivered: integer,
  /** The size of all stored results. */
  resultBytes: integer,
})

export const accountRow = z.object({
  customer: z.string(),
  subscription: z.string(),
  meter: z.string(),
  booked: integer,
  acked: integer,
  held: integer,
  /** Dropped units to subtract from `booked` at the next install whose lease was taken after the drop. */
  dropped: integer,
  /** The number of parked events (not their units). */
  parked: integer,
  snapshotAvailable: integer,
  snapshotAcked: integer,
  /** Units sent before the snapshot was fetched, which Flowglad may or may not have counted in it. */
  ambiguous: integer,
  waived: integer,
  /** Whether the last snapshot made this account unlimited. */
  unlimited: flag,
  /** The period that `limit` belongs to. Empty before the first install. */
  period: z.string(),
  limit: integer,
  ackedAtFirstSight: integer,
  usedAtFirstSight: integer,
})

const heldLeg = z.object({
  meter: z.string(),
  amount: integer,
  unlimited: z.boolean(),
  onExpiry: z.enum(['release', 'settle']),
  price: eventPrice,
})

/** Held, or expired and kept for a late settle. A settled or released hold has no row: nothing remains to be decided about it. */
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
})

/** Stores whether the work has completed, but not whether the key is in use: that follows from its attempt's hold. */
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

/** A usage event: an entry of the outbox and of the list of charges. */
export const eventRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  meter: z.string(),
  subscription: z.string(),
  procedure: z.string(),
  amount: integer,
  price: json(eventPrice),
  state: z.enum(['waiting', 'sent', 'acked', 'parked', 'dropped']),
  /** When it was booked. */
  at: integer,
  reference: z.string().nullable(),
  properties: json(properties),
  flagged: z.string().nullable(),
  priceId: z.string().nullable(),
  /** Why it was parked. Stays set while it is retried. */
  reason: z.string().nullable(),
  /** When to retry a parked event. */
  retryAt: integer.nullable(),
  /** Null until Flowglad has acknowledged it or an operator dropped it: usage that is owed is never pruned. */
  pruneAt: integer.nullable(),
})

export const dailyRow = z.object({
  customer: z.string(),
  day: z.string(),
  meter: z.string(),
  amount: integer,
})

export type CustomerRow = z.output<typeof customerRow>
export type AccountRow = z.output<typeof accountRow>
export type HoldRow = z.output<typeof holdRow>
export type KeyRow = z.output<typeof keyRow>
export type EventRow = z.output<typeof eventRow>
