import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { announce } from '../webhooks/announce.ts'
import { startFreePlan } from './createSubscription.ts'
import { expireItem } from './items.ts'
import { periodAt } from './periods.ts'
import { currentSubscriptions } from './subscriptions.ts'

/** The error for canceling a subscription that has a scheduled plan change. */
export const adjustmentPending =
  'Invalid subscription: A scheduled adjustment is pending. Cancel the scheduled adjustment before canceling the subscription.'

/**
 * Ends a subscription now. If the subscription was for a paid plan and the customer has no other
 * subscription, starts the default plan with new credits, unless `assignDefault` is false.
 */
export function cancelNow(
  platform: Platform,
  at: number,
  subscription: Subscription,
  { assignDefault = true, reason = null }: { assignDefault?: boolean; reason?: string | null } = {},
): Subscription {
  const { db } = platform
  const canceled = db.subscriptions.patch(subscription.id, {
    status: 'canceled',
    canceledAt: at,
    cancelScheduledAt: at,
    ...(reason && { cancellationReason: reason }),
    scheduledAdjustmentAt: null,
    updatedAt: at,
  })
  const period = periodAt(platform, subscription.id, at)
  if (period) db.billingPeriods.patch(period.id, { endDate: at, updatedAt: at })
  for (const item of db.subscriptionItems.by('subscription', subscription.id))
    if (item.expiredAt === null || item.expiredAt > at) expireItem(platform, at, item, at)
  abandonBillingRuns(platform, at, subscription)
  for (const claim of db.resourceClaims.by('subscription', subscription.id))
    db.resourceClaims.patch(claim.id, {
      releasedAt: at,
      releaseReason: 'subscription_canceled',
      updatedAt: at,
    })
  const customer = db.customers.get(subscription.customerId)
  announce(platform, at, 'subscription.canceled', { id: subscription.id, object: 'subscription', customer })
  if (assignDefault && !subscription.isFreePlan && currentSubscriptions(platform, customer.id).length === 0)
    startFreePlan(platform, at, customer)
  return canceled
}

/** Stops collecting payments for a subscription that ends now or at a scheduled time. */
export function abandonBillingRuns({ db }: Platform, at: number, subscription: Subscription): void {
  for (const run of db.billingRuns.by('subscription', subscription.id))
    if (run.dueAt !== null) db.billingRuns.patch(run.id, { status: 'abandoned', dueAt: null, updatedAt: at })
}

/** Replaces the free plan with a paid plan. Sends no cancellation event and transfers no credits. */
export function replaceFreePlan(
  { db }: Platform,
  at: number,
  free: Subscription,
  replacement: Subscription,
): void {
  db.subscriptions.patch(free.id, {
    status: 'canceled',
    canceledAt: at,
    cancellationReason: 'upgraded_to_paid',
    replacedBySubscriptionId: replacement.id,
    updatedAt: at,
  })
}
