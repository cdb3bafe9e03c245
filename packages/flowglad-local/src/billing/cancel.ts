import type { Subscription } from '../database/records.ts'
import type { Platform } from '../platform.ts'
import { announce } from '../webhooks/announce.ts'
import { currentSubscriptions, expireItem, periodAt, startFreePlan } from './subscriptions.ts'

/** Ends a subscription now. A customer who is left without any gets the default plan, with fresh credits. */
export function cancelNow(
  platform: Platform,
  at: number,
  subscription: Subscription,
  { assignDefault = true, reason = null }: { assignDefault?: boolean; reason?: string | null } = {},
): Subscription {
  const { books } = platform
  const canceled = books.subscriptions.patch(subscription.id, {
    status: 'canceled',
    canceledAt: at,
    cancelScheduledAt: at,
    ...(reason && { cancellationReason: reason }),
    scheduledAdjustmentAt: null,
    updatedAt: at,
  })
  const period = periodAt(platform, subscription.id, at)
  if (period) books.billingPeriods.patch(period.id, { endDate: at, updatedAt: at })
  for (const item of books.subscriptionItems.by('subscription', subscription.id))
    if (item.expiredAt === null || item.expiredAt > at) expireItem(platform, at, item, at)
  abandonBillingRuns(platform, at, subscription)
  for (const claim of books.resourceClaims.by('subscription', subscription.id))
    books.resourceClaims.patch(claim.id, {
      releasedAt: at,
      releaseReason: 'subscription_canceled',
      updatedAt: at,
    })
  const customer = books.customers.get(subscription.customerId)
  announce(platform, at, 'subscription.canceled', { id: subscription.id, object: 'subscription', customer })
  if (assignDefault && !subscription.isFreePlan && currentSubscriptions(platform, customer.id).length === 0)
    startFreePlan(platform, at, customer)
  return canceled
}

/** Stops collecting: the subscription ends, or is about to. */
export function abandonBillingRuns({ books }: Platform, at: number, subscription: Subscription): void {
  for (const run of books.billingRuns.by('subscription', subscription.id))
    if (run.dueAt !== null)
      books.billingRuns.patch(run.id, { status: 'abandoned', dueAt: null, updatedAt: at })
}

/** Gives the free plan up for a paid one. Its credits stay behind with it, and nobody is told of a cancellation. */
export function replaceFreePlan(
  { books }: Platform,
  at: number,
  free: Subscription,
  replacement: Subscription,
): void {
  books.subscriptions.patch(free.id, {
    status: 'canceled',
    canceledAt: at,
    cancellationReason: 'upgraded_to_paid',
    replacedBySubscriptionId: replacement.id,
    updatedAt: at,
  })
}
