import type { PlanChange } from '../database/records/payments.ts'
import type { BillingPeriod, Subscription, SubscriptionItem } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { type Problem, rejected, rejectedResult } from '../platform/problems.ts'
import { discountOn } from '../rules/discount.ts'
import { proratedGrants } from '../rules/proration.ts'
import { paymentMethodOf } from './collect.ts'
import { countRedemption, openRedemption } from './discounts.ts'
import { charge, createInvoice, totalOf, type UsageLine } from './invoice.ts'
import { addItem, expireItem, featuresOf, followItems, isPlanItem, itemsAt } from './items.ts'
import { grantCredits } from './ledger.ts'
import { overageLines, settleOverage } from './overage.ts'
import { currentPeriod } from './periods.ts'
import { type Adjustment, type AdjustmentPlan, noPeriod, planAdjustment } from './planAdjustment.ts'

/** Returns the platform's error for an adjustment that isn't possible. */
function problemOf(reason: string, subscriptionId: string): Problem {
  const terminal = /terminal state: (\w+)/.exec(reason)
  if (terminal)
    return rejected(
      `Unwrap called on Err: TerminalStateError: Subscription ${subscriptionId} is in terminal state: ${terminal[1]}`,
    )
  if (reason === noPeriod)
    return rejectedResult('NotFoundError', `BillingPeriod not found: subscription:${subscriptionId}`)
  if (/^(Price|Subscription) not found: /.test(reason)) return rejectedResult('NotFoundError', reason)
  if (reason.startsWith('Cannot reduce capacity'))
    return rejectedResult('ConflictError', `resource conflict: ${reason}`)
  return rejectedResult('ValidationError', `Invalid subscription: ${reason}`)
}

/**
 * Changes a subscription's items, either now with a prorated charge and prorated credits, or at the end of
 * the period. A charge includes the overage so far. If the payment fails, the items don't change, the payment isn't
 * retried, and the invoice stays open. If the payment succeeds, the subscription becomes active, even if it was on trial
 * or past due.
 */
export function adjustSubscription(
  platform: Platform,
  at: number,
  subscriptionId: string,
  adjustment: Adjustment,
) {
  const { db } = platform
  const plan = planAdjustment(platform, at, subscriptionId, adjustment)
  if (!plan.canAdjust) throw problemOf(plan.reason, subscriptionId)
  const { subscription, effectiveAt, timing, isUpgrade } = plan
  if (plan.charge > 0) {
    if (!collectProration(platform, at, plan)) return { paid: false as const }
    db.subscriptions.patch(subscription.id, { status: 'active', updatedAt: at })
  }

  for (const item of plan.currentItems.filter(isPlanItem)) expireItem(platform, at, item, effectiveAt)
  const changed = plan.newItems.map((item) =>
    addItem(platform, at, subscription, { ...item, addedDate: effectiveAt }),
  )
  endReplacedFeatures(platform, at, subscription, changed, effectiveAt)
  if (timing === 'immediately') {
    grantDifference(platform, at, subscription, changed, plan.elapsed)
  } else {
    db.subscriptions.patch(subscription.id, { scheduledAdjustmentAt: effectiveAt, updatedAt: at })
  }
  // As on the platform, even a scheduled change immediately renames the subscription to match its current
  // items.
  followItems(platform, at, subscription)
  return {
    paid: true as const,
    subscription: db.subscriptions.get(subscription.id),
    items: itemsAt(platform, subscription.id, at),
    timing,
    isUpgrade,
  }
}

/** Ends the individually added features that the new plan contains. */
function endReplacedFeatures(
  platform: Platform,
  at: number,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  effectiveAt: number,
): void {
  const inPlan = new Set(featuresOf(platform, items).map(({ featureId }) => featureId))
  for (const feature of ownFeatures(platform, subscription, effectiveAt))
    if (feature.expiredAt === null && inPlan.has(feature.featureId))
      platform.db.subscriptionFeatures.patch(feature.id, { expiredAt: effectiveAt, updatedAt: at })
}

/** Returns the features that were added to the subscription individually. */
const ownFeatures = (platform: Platform, subscription: Subscription, at: number) =>
  featuresOf(
    platform,
    itemsAt(platform, subscription.id, at).filter(({ manuallyCreated }) => manuallyCreated),
  )

type PossibleChange = Extract<AdjustmentPlan, { canAdjust: true }>

/**
 * Returns the amount that a plan change charges, after an active discount. As in the platform's preview, the amount
 * doesn't include the overage.
 */
export const dueForChange = (platform: Platform, at: number, plan: PossibleChange): number =>
  plan.charge > 0 ? prorationOf(platform, at, plan).amount : 0

/**
 * Returns the amount to charge for a plan change (at most `plan.charge` plus the overage) and the lines of its
 * invoice. As on the platform, the invoice repeats the period's lines, and an active discount applies to all the
 * lines.
 */
function prorationOf(
  platform: Platform,
  at: number,
  plan: PossibleChange,
  overage: readonly UsageLine[] = [],
) {
  const { db } = platform
  const { subscription } = plan
  const period = currentPeriod(platform, subscription.id)
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const inPeriod = db.invoices
    .by('subscription', subscription.id)
    .filter((invoice) => invoice.billingPeriodId === period.id)
  // The invoice of a failed plan change isn't part of the period's cost.
  const earlier = inPeriod.findLast((invoice) => invoice.status === 'paid') ?? inPeriod[0]
  const earlierLines = earlier ? db.invoiceLineItems.by('invoice', earlier.id) : []
  const repeated = earlierLines.filter((line) => line.type === 'static')
  const lines = [
    ...repeated.map(({ description, price, quantity }) => ({ description, price, quantity })),
    {
      description: `Proration: Net charge adjustment - Prorated adjustment for ${((1 - plan.elapsed) * 100).toFixed(1)}% of billing period (${date(at)} to ${date(period.endDate)})`,
      price: plan.charge,
      quantity: 1,
    },
    ...overage,
  ]
  const redemption = openRedemption(platform, subscription.id)
  const discount = redemption ? discountOn(totalOf(lines), redemption) : 0
  const takenOffBefore = totalOf(earlierLines) - (earlier?.subtotal ?? 0)
  const amount = Math.max(0, plan.charge + totalOf(overage) - Math.max(0, discount - takenOffBefore))
  return { period, lines, redemption, discount, amount }
}

/**
 * Charges a plan change and the overage so far. As on the platform, the charge counts toward the discount's number of
 * payments.
 */
function collectProration(platform: Platform, at: number, plan: PossibleChange): boolean {
  const { db } = platform
  const { subscription } = plan
  const run = newRecord('billing_run', at)
  const overage = overageLines(platform, subscription, run.id)
  const { period, lines, redemption, discount, amount } = prorationOf(platform, at, plan, overage)
  const invoice = createInvoice(platform, at, {
    customer: db.customers.get(subscription.customerId),
    subscription: { id: subscription.id, period, runId: run.id },
    lines,
    discount,
  })
  const method = paymentMethodOf(platform, subscription)
  const paid =
    amount === 0 || charge(platform, at, { invoice, amount, method, onSession: false }).status === 'succeeded'
  if (amount === 0) db.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
  else if (paid && redemption) countRedemption(platform, at, redemption)
  if (paid) {
    settleOverage(platform, at, invoice)
    replaceUncollected(platform, at, period)
  }
  db.billingRuns.put({
    ...run,
    subscriptionId: subscription.id,
    billingPeriodId: period.id,
    invoiceId: invoice.id,
    reason: 'adjustment',
    status: paid ? 'succeeded' : 'failed',
    attempts: 1,
    dueAt: null,
    change: changeOf(plan),
  })
  return paid
}

/**
 * Replaces the period's billing runs that no retry will collect. The plan change has charged for the same period and
 * overage, so the customer must not pay for them again.
 */
function replaceUncollected({ db }: Platform, at: number, { id, subscriptionId }: BillingPeriod): void {
  for (const run of db.billingRuns.by('subscription', subscriptionId))
    if (run.billingPeriodId === id && run.dueAt === null && run.reason !== 'adjustment')
      if (run.status !== 'succeeded') db.billingRuns.patch(run.id, { status: 'replaced', updatedAt: at })
}

const changeOf = ({ currentItems, newItems, elapsed, paid }: PossibleChange): PlanChange => ({
  from: currentItems
    .filter(isPlanItem)
    .map(({ priceId, name, unitPrice, quantity }) => ({ priceId, name, unitPrice, quantity })),
  to: newItems.map(({ price, name, unitPrice, quantity }) => ({
    priceId: price.id,
    name,
    unitPrice,
    quantity,
  })),
  elapsed,
  paid,
})

function grantDifference(
  platform: Platform,
  at: number,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  elapsed: number,
): void {
  const { db } = platform
  const period = currentPeriod(platform, subscription.id)
  if (at >= period.endDate) return
  const features = featuresOf(platform, items).flatMap((feature) =>
    feature.type === 'usage_credit_grant' && feature.usageMeterId && feature.amount
      ? [
          {
            featureId: feature.featureId,
            usageMeterId: feature.usageMeterId,
            amount: feature.amount,
            recurring: feature.renewalFrequency === 'every_billing_period',
          },
        ]
      : [],
  )
  const issued = (usageMeterId: string) =>
    db.usageCredits
      .by('subscription', subscription.id)
      .filter((credit) => credit.billingPeriodId === period.id && credit.usageMeterId === usageMeterId)
      // An overage settlement pays for earlier usage, so it isn't part of a plan's grant.
      .filter((credit) => credit.source !== 'overage_settlement')
      .reduce((sum, credit) => sum + credit.issued, 0)
  for (const { feature, amount } of proratedGrants(features, { issued, elapsed })) {
    grantCredits(platform, at, {
      subscriptionId: subscription.id,
      usageMeterId: feature.usageMeterId,
      amount,
      expiresAt: feature.recurring ? period.endDate : null,
      billingPeriodId: period.id,
      source: 'adjustment',
      featureId: feature.featureId,
      description: 'Granted by a plan change',
    })
  }
}

/**
 * Cancels a change that is scheduled for the end of the period. Returns the subscription and the number of
 * removed items.
 */
export function cancelScheduledAdjustment(platform: Platform, at: number, subscription: Subscription) {
  const { db } = platform
  if (subscription.scheduledAdjustmentAt === null)
    throw rejected(
      `Invalid subscription: Subscription ${subscription.id} does not have a scheduled adjustment to cancel.`,
    )
  const items = db.subscriptionItems.by('subscription', subscription.id)
  const planned = items.filter((item) => item.addedDate > at && item.expiredAt === null)
  for (const item of planned) expireItem(platform, at, item, at)
  for (const item of items)
    if (item.addedDate <= at && item.expiredAt === subscription.scheduledAdjustmentAt)
      expireItem(platform, at, item, null)
  for (const feature of ownFeatures(platform, subscription, at))
    if (feature.expiredAt === subscription.scheduledAdjustmentAt)
      db.subscriptionFeatures.patch(feature.id, { expiredAt: null, updatedAt: at })
  return {
    subscription: db.subscriptions.patch(subscription.id, { scheduledAdjustmentAt: null, updatedAt: at }),
    canceledItemCount: planned.length,
  }
}
