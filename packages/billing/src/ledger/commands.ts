import { z } from 'zod'
import { listBudgets, planBudget, removeBudget, setBudget } from './budgetCommands.ts'
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
  operation,
  price,
  procedure,
  properties,
  text,
  token,
} from './fields.ts'
import { labels } from './labelField.ts'
import { operate } from './operatorCommand.ts'
import { recover } from './recoverCommand.ts'
import { snapshot } from './snapshot.ts'

export type { Label } from './labelField.ts'
export type { Snapshot } from './snapshot.ts'

/**
 * The ledger's commands. Their answers are in `answers.ts`.
 *
 * A batch runs again if the outcome of its COMMIT is unknown, so every command must be idempotent. Senders
 * therefore generate the attempt's ID or the lease's token before they queue a command.
 *
 * Amounts are integers in the meter's smallest unit. Durations are in milliseconds. Answers contain durations
 * instead of deadlines, because a process must not compare the database's clock with its own. Times such as
 * `asOf` and `usageDate` are only shown to users or sent to Flowglad.
 */

/** One meter's part of a hold. */
const leg = z.object({
  meter,
  amount,
  /**
   * If the snapshot contains this feature, the meter is unlimited. When the feature ends, usage from the
   * unlimited period is waived.
   */
  unlimitedBy: text(256).nullable(),
  /** If the snapshot contains this feature, usage beyond the grant is allowed and billed. */
  overageWith: text(256).nullable(),
  /** When the hold expires, `release` returns the units to the customer, and `settle` books them as spent. */
  onExpiry: z.enum(['release', 'settle']),
  price,
  /** Default: the units count under `other` in every dimension. */
  labels: labels.optional(),
})

/**
 * The operation's ID, if the ledger was restored recently. With this ID, the ledger finds an operation that
 * was completed under a lost key. Default: the ledger looks up only the key.
 */
const recoverable = operation.optional()

/**
 * `leaves` determines what a customer can use if the oldest unpaid renewal was due more than `graceMs` ago:
 * the default plan's grants, or nothing.
 */
const pastDueRule = z.object({ graceMs: z.number().min(0), leaves: z.enum(['free', 'none']) })

/** Holds units for one attempt, either for all legs or for none. */
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
  /** The hold's maximum lifetime, including renewals. */
  maxHoldMs: durationMs,
  /** A snapshot older than this counts as missing. */
  snapshotMaxStaleMs: durationMs,
  /** The rule for a past-due subscription. Default: the customer can use the whole plan. */
  pastDue: pastDueRule.optional(),
  /**
   * True if the caller has already tried to fetch a snapshot. The ledger then accepts an outdated snapshot
   * instead of asking for another fetch.
   */
  decisive: z.boolean(),
  recoverable,
})

/**
 * Extends a hold. A hold in state `held` is extended even if its expiry time has passed. A hold that has
 * ended can't be renewed.
 */
const renew = z.object({
  type: z.literal('renew'),
  customer,
  attempt,
  ttlMs: durationMs,
  /**
   * For a running stream, the units to book if the hold expires: one element for each leg that has counted
   * units. Empty if no leg has counted units. Null leaves the stored count unchanged.
   */
  counted: legsOf(z.object({ meter, amount })).nullable(),
})

/**
 * Books the actual amounts, ends the hold and stores the result under the key, in one transaction. The
 * command contains all the data it needs, so it books the amounts even if the hold's row has been removed.
 */
const settle = z.object({
  type: z.literal('settle'),
  customer,
  attempt,
  /** The subscription to charge if the hold's row has been removed. */
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
      /** The reason, if the charge differs from the cost callback's result. */
      flagged: decoration.nullable(),
      /** The labels to count if the hold's row has been removed. Default: none. */
      labels: labels.optional(),
    }),
  ),
  /**
   * The call's result as JSON, for retries under the key. Null if there is no result to store. A result that
   * can't be stored becomes null.
   */
  result: z
    .string()
    .transform((it) => (isStorable(it) ? it : null))
    .nullable(),
  /** An ID from the result, for customers and support. The event's properties include this ID. */
  reference: decoration.nullable(),
  /** Additional properties of the usage event. */
  properties,
  recoverable,
})

/** Looks up the result that unmetered work, such as opening a checkout, has stored under a key. */
const findResult = z.object({ type: z.literal('findResult'), customer, procedure, key, fingerprint })

/**
 * Stores the result of unmetered work under its key, and completes the key. A key keeps its first result,
 * unless `replaces` names the attempt that stored that result.
 */
const keepResult = z.object({
  type: z.literal('keepResult'),
  customer,
  attempt,
  procedure,
  key,
  fingerprint,
  /** The result as JSON. */
  result: text(4096),
  replaces: attempt.nullable(),
})

/** Ends a failed attempt's hold and returns the held units. */
const release = z.object({ type: z.literal('release'), customer, attempt })

/** Expires all of the customer's due holds. */
const expire = z.object({ type: z.literal('expire'), customer })

/**
 * Takes the customer's lease, or extends it if it already belongs to `token`. For a fetch, records each
 * account's acknowledged, dropped and ambiguous units for the later `install`. For a delivery, marks waiting
 * events as sent. Send this command immediately before each request. Never send it between a GET request and
 * the install of its response: `install` would then assume that the response includes events that were
 * acknowledged after the request.
 */
const takeLease = z.object({
  type: z.literal('takeLease'),
  customer,
  token,
  purpose: z.enum(['fetch', 'deliver']),
  leaseMs: durationMs,
  /** The maximum number of events in flight, including ambiguous events. */
  maxEvents: z.number().int().min(0).max(10_000),
  /**
   * If true, the command succeeds only if the lease still belongs to `token`. A process that has lost the
   * lease, even briefly, must stop.
   */
  extend: z.boolean(),
})

/** Ends the lease if it still belongs to `token`. */
const leaveLease = z.object({
  type: z.literal('leaveLease'),
  customer,
  token,
  /**
   * Events that were marked as sent under this lease, but that Flowglad doesn't have: they were never sent,
   * Flowglad conclusively rejected them twice in a row, or Flowglad rejected them twice and doesn't list
   * them. These events return to their previous state, and are no longer ambiguous. Omit events that were
   * ambiguous when the lease was taken: a later response can't tell us whether an earlier request succeeded.
   */
  untaken: listOf(eventId),
})

/** Stores a snapshot and ends the lease. Does nothing unless the lease still belongs to `token`. */
const install = z.object({
  type: z.literal('install'),
  customer,
  token,
  snapshot,
  /** The feature that makes a meter unlimited, by meter slug. */
  unlimitedBy: z.record(meter, text(256)),
  /** The budgets that the app sets for the subscription's plan. Default: none. */
  planBudgets: z.array(planBudget).max(50).optional(),
})

/**
 * Records that Flowglad has these events. The acknowledgement is valid even if the sender has lost the lease.
 */
const acknowledge = z.object({
  type: z.literal('acknowledge'),
  customer,
  events: listOf(eventId.extend({ priceId: text(256).nullable() })),
  /**
   * The token of a lease to end, so that the lease's last acknowledgement needs no separate `leaveLease`.
   * Default: the lease continues.
   */
  endsLease: token.optional(),
})

/** Parks events that Flowglad rejected. Each event is due for a retry after its `retryInMs`. */
const park = z.object({
  type: z.literal('park'),
  customer,
  events: listOf(eventId.extend({ reason: decoration, retryInMs: durationMs })),
})

export const commandSchema = z.discriminatedUnion('type', [
  reserve,
  renew,
  settle,
  findResult,
  keepResult,
  release,
  expire,
  takeLease,
  leaveLease,
  install,
  acknowledge,
  recover,
  park,
  operate,
  setBudget,
  removeBudget,
  listBudgets,
])

export type Command = z.output<typeof commandSchema>
export type Leg = z.output<typeof leg>
export type EventPrice = z.output<typeof price>
export type PastDueRule = z.output<typeof pastDueRule>
export type EventId = z.output<typeof eventId>

export type Reserve = z.output<typeof reserve>
export type Renew = z.output<typeof renew>
export type Settle = z.output<typeof settle>
export type FindResult = z.output<typeof findResult>
export type KeepResult = z.output<typeof keepResult>
export type Release = z.output<typeof release>
export type TakeLease = z.output<typeof takeLease>
export type LeaveLease = z.output<typeof leaveLease>
export type Install = z.output<typeof install>
export type Acknowledge = z.output<typeof acknowledge>
export type Recover = z.output<typeof recover>
export type Park = z.output<typeof park>
export type Operate = z.output<typeof operate>
export type SetBudget = z.output<typeof setBudget>
export type PlanBudget = z.output<typeof planBudget>
export type RemoveBudget = z.output<typeof removeBudget>
