import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { featuresOf, itemsAt } from './items.ts'
import { grantCredits } from './ledger.ts'
import { currentPeriod } from './periods.ts'

/**
 * What a plan gives: everything when it starts, only the recurring part when it renews. Recurring credits end with the
 * period, `once` credits never do.
 */
export function grantPlanCredits(
  platform: Platform,
  at: number,
  subscription: Subscription,
  { renewal }: { renewal: boolean },
): void {
  const period = currentPeriod(platform, subscription.id)
  for (const feature of featuresOf(platform, itemsAt(platform, subscription.id, at))) {
    if (feature.type !== 'usage_credit_grant' || !feature.usageMeterId) continue
    // What is given to one subscription may say less than nothing, and takes nothing away.
    if (feature.amount === null || feature.amount <= 0) continue
    const recurring = feature.renewalFrequency === 'every_billing_period'
    if (renewal && !recurring) continue
    grantCredits(platform, at, {
      subscriptionId: subscription.id,
      usageMeterId: feature.usageMeterId,
      amount: feature.amount,
      expiresAt: recurring ? period.endDate : null,
      billingPeriodId: period.id,
      source: 'plan',
      description: feature.name,
    })
  }
}
