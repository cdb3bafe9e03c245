import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { abandonBillingRuns, adjustmentPending, cancelNow } from './cancel.ts'
import { paymentMethodOf } from './collect.ts'
import { latestPeriod } from './periods.ts'
import { isTerminal } from './subscriptions.ts'

/**
 * Ends a subscription now or at the end of its period. Does nothing if the subscription has already ended.
 */
export function cancelSubscription(
  platform: Platform,
  now: number,
  subscription: Subscription,
  timing: 'immediately' | 'at_end_of_current_billing_period',
): Subscription {
  if (subscription.isFreePlan)
    throw rejected(
      'Invalid subscription: Cannot cancel the default free plan. Please upgrade to a paid plan instead.',
    )
  if (isTerminal(subscription)) return subscription
  if (subscription.scheduledAdjustmentAt !== null) throw rejected(adjustmentPending)
  if (timing === 'immediately') return cancelNow(platform, now, subscription)
  if (!latestPeriod(platform, subscription.id))
    throw rejected(`Current billing period not found: subscription ${subscription.id}`)
  abandonBillingRuns(platform, now, subscription)
  return platform.db.subscriptions.patch(subscription.id, {
    status: 'cancellation_scheduled',
    cancelScheduledAt: subscription.currentBillingPeriodEnd,
    updatedAt: now,
  })
}

/** Undoes a scheduled cancellation. Does nothing if no cancellation is scheduled. */
export function resumeSubscription(
  platform: Platform,
  now: number,
  subscription: Subscription,
): Subscription {
  if (subscription.status !== 'cancellation_scheduled') return subscription
  if (!subscription.doNotCharge && !paymentMethodOf(platform, subscription))
    throw rejected(
      'Invalid paymentMethod: Cannot uncancel paid subscription without an active payment method. Please add a payment method first.',
    )
  const trialing = subscription.trialEnd !== null && subscription.trialEnd > now
  return platform.db.subscriptions.patch(subscription.id, {
    status: trialing ? 'trialing' : 'active',
    cancelScheduledAt: null,
    updatedAt: now,
  })
}
