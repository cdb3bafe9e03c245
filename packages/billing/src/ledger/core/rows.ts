import { z } from 'zod'

/**
 * The ledger's rows, one schema a table, shared by every store: a property is a column (`startedAt` → `started_at`), an object is JSON
 * text, a flag is 0 or 1, a time is epoch milliseconds. Every primary key begins with the customer.
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

/** What taking the lease for a fetch wrote down of one account, so that the install knows what Flowglad's answer contains. */
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
  /** The last time this customer's rows were decided at; the ledger's clock never runs backwards for it. */
  time: integer,
  leaseToken: z.string().nullable(),
  /** When the lease is free again, or has been since: whoever waited longest is served first. */
  leaseUntil: integer,
  lease: json(
    z.object({ purpose: z.enum(['fetch', 'deliver']), notedAt: integer, notes: z.array(leaseNote) }),
  ).nullable(),
  /** The token of the last install, so that its repetition after an unknown COMMIT still answers `installed`. */
  installedToken: z.string().nullable(),
  subscription: z.string().nullable(),
  snapshot: json(subscriptionDetail).nullable(),
  /** null: no snapshot. */
  fetchedAt: integer.nullable(),
  /** The period end after which Flowglad was asked and still reported this period. */
  periodCheckedFor: integer.nullable(),
  /** Events waiting or sent. */
  undelivered: integer,
  resultBytes: integer,
})

export const accountRow = z.object({
  customer: z.string(),
  subscription: z.string(),
  meter: z.string(),
  booked: integer,
  acked: integer,
  held: integer,
  /** Units given up since the last install whose lease was taken after: `booked` falls by them then. */
  dropped: integer,
  /** Parked events (their number, not their units). */
  parked: integer,
  snapshotAvailable: integer,
  snapshotAcked: integer,
  /** Units sent before the snapshot whose fate was unknown when it was fetched. */
  ambiguous: integer,
  waived: integer,
  /** The last snapshot lifted this account's limit. */
  unlimited: flag,
  /** The period that `limit` belongs to; empty before first sight. */
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

/** Held, or expired and kept for a late settle. A settled or released hold has no row any more: nothing is left to decide about it. */
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
  /** null while held. */
  pruneAt: integer.nullable(),
})

/** Whether the key is taken follows from its attempt's hold; only completion is written. */
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

/** A usage event: the outbox and the list of charges in one. */
export const eventRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  meter: z.string(),
  subscription: z.string(),
  procedure: z.string(),
  amount: integer,
  price: json(eventPrice),
  state: z.enum(['waiting', 'sent', 'acked', 'parked', 'dropped']),
  /** When it was settled. */
  at: integer,
  reference: z.string().nullable(),
  properties: json(properties),
  flagged: z.string().nullable(),
  priceId: z.string().nullable(),
  /** Why it was parked; stays while it is tried again. */
  reason: z.string().nullable(),
  retryAt: integer.nullable(),
  /** null until Flowglad has it or an operator dropped it: what is owed is never pruned. */
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
