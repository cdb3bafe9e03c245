import { z } from 'zod'
import { isStorable, meter, reportedUnits, text, time } from './fields.ts'

/** The slugs of toggle features. */
const features = z.array(text(256)).max(1000)

/**
 * The payments for a subscription, according to Flowglad's invoices. An invoice's time is the start of the
 * invoiced period.
 */
const payment = z.object({
  /** The time of the oldest unpaid invoice that is newer than every settled invoice. */
  unpaidSince: time.nullable(),
  /** The time of the newest settled invoice. */
  settledFor: time.nullable(),
  /** Whether the customer has paid any amount for this subscription. */
  hasPaid: z.boolean(),
  /**
   * The latest of these times at Flowglad: the updates of the subscription and its invoices, and the start of the
   * period. Flowglad's clock may be ahead of ours.
   */
  reportedAt: time,
})

/** The default plan's grants for each period, by meter slug, and its toggle features. */
const freePlan = z.object({ grants: z.record(meter, reportedUnits), features })

export const subscription = z.object({
  id: text(256),
  status: text(64),
  /** Flowglad's `cancelScheduledAt`. */
  cancelScheduledAt: time.nullable(),
  /** Flowglad's `scheduledAdjustmentAt`. */
  scheduledAdjustmentAt: time.nullable(),
  periodStart: time.nullable(),
  periodEnd: time.nullable(),
  planName: z.string().max(1024).refine(isStorable),
  /** The slug of the subscription's price, such as `pro_monthly`. */
  priceSlug: text(256).nullable(),
  isFree: z.boolean(),
  /** True if the merchant doesn't charge for this subscription. Such a subscription is never past due. */
  doNotCharge: z.boolean().optional(),
  /** The slugs of the enabled toggle features. */
  features,
  /**
   * Omitted if Flowglad reported no invoices. In that case, the status alone determines whether the
   * subscription is past due.
   */
  payment: payment.optional(),
  freePlan: freePlan.optional(),
})

/** Flowglad's report on the customer's current subscription and the balances of all meters. */
export const snapshot = z.object({
  /** Null if the customer has no current subscription. */
  subscription: subscription.nullable(),
  /**
   * The balances by meter slug. If Flowglad has no balance for a meter, `available` is 0. `granted` is the
   * sum of the plan's credit grants.
   */
  meters: z.record(meter, z.object({ available: reportedUnits, granted: reportedUnits })),
})

export type Snapshot = z.output<typeof snapshot>
