import type { BillingPeriod, RenewingSubscription } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/** Returns the period that contains a given time. A period includes its start but not its end. */
export const periodAt = ({ db }: Platform, subscriptionId: string, at: number): BillingPeriod | undefined =>
  db.billingPeriods
    .by('subscription', subscriptionId)
    .findLast((period) => period.startDate <= at && at < period.endDate)

export const latestPeriod = ({ db }: Platform, subscriptionId: string): BillingPeriod | undefined =>
  db.billingPeriods.by('subscription', subscriptionId).at(-1)

/**
 * Returns a subscription's latest period. Throws if there is no period, for example because the subscription
 * is incomplete.
 */
export function currentPeriod(platform: Platform, subscriptionId: string): BillingPeriod {
  const period = latestPeriod(platform, subscriptionId)
  if (!period) throw new Error(`${subscriptionId} has no billing period`)
  return period
}

export function addPeriod({ db }: Platform, at: number, subscription: RenewingSubscription): BillingPeriod {
  return db.billingPeriods.put({
    ...newRecord('billing_period', at),
    subscriptionId: subscription.id,
    startDate: subscription.currentBillingPeriodStart,
    endDate: subscription.currentBillingPeriodEnd,
  })
}
