import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { featuresOf, itemsAt } from './items.ts'
import { grantCredits } from './ledger.ts'
import { currentPeriod } from './periods.ts'

/**
 * Grants all of a plan's credits at the start, and only the recurring credits at a renewal. Recurring credits
 * expire at the end of the period. `once` credits and the credits of a plan without periods never expire.
 */
export function grantPlanCredits(
  platform: Platform,
  at: number,
  subscription: Subscription,
  { renewal }: { renewal: boolean },
): void {
  const period = subscription.renews ? currentPeriod(platform, subscription.id) : null
  for (const feature of featuresOf(platform, itemsAt(platform, subscription.id, at))) {
    if (feature.type !== 'usage_credit_grant' || !feature.usageMeterId) continue
    // A feature that was added to a single subscription can have a negative amount. A negative amount removes
    // no credits.
    if (feature.amount === null || feature.amount <= 0) continue
    const recurring = feature.renewalFrequency === 'every_billing_period'
    if (renewal && !recurring) continue
    grantCredits(platform, at, {
      subscriptionId: subscription.id,
      usageMeterId: feature.usageMeterId,
      amount: feature.amount,
      expiresAt: recurring && period ? period.endDate : null,
      billingPeriodId: period?.id ?? null,
      source: 'plan',
      description: platform.db.features.get(feature.featureId).name,
    })
  }
}
