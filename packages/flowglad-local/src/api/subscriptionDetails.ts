import type { Flowglad } from '@flowglad/node'
import { featuresOf, isPlanItem, itemsAt } from '../billing/items.ts'
import type { Subscription, SubscriptionFeature } from '../database/records/subscriptions.ts'
import type { LedgerAccount } from '../database/records/usage.ts'
import type { Platform } from '../platform/Platform.ts'
import { isCurrent } from '../rules/isCurrent.ts'
import { presentAs } from './presentAs.ts'
import { presentPrice } from './pricingModelDetails.ts'

type WireFeatureItem = NonNullable<
  Flowglad.StandardSubscriptionDetails['experimental']
>['featureItems'][number]

/** Returns a subscription in the format of the subscription routes. */
export const presentSubscription = (subscription: Subscription) =>
  ({ ...subscription, current: isCurrent(subscription) }) satisfies
    | Flowglad.StandardSubscriptionRecord
    | Flowglad.NonRenewingSubscriptionRecord

/** Returns a subscription's feature with the catalog's name and the amount that applies to this subscription. */
export function presentFeatureItem({ db }: Platform, feature: SubscriptionFeature): WireFeatureItem {
  const { name, slug } = db.features.get(feature.featureId)
  return presentAs<WireFeatureItem>()({ ...feature, name, slug })
}

/** Returns each meter for which the subscription has a ledger account, with the available balance. */
export function usageMeterBalances({ db }: Platform, subscriptionId: string) {
  return db.ledgerAccounts
    .by('subscription', subscriptionId)
    .map(({ usageMeterId, balance }: LedgerAccount) => ({
      ...db.usageMeters.get(usageMeterId),
      availableBalance: balance,
      subscriptionId,
    }))
}

/** Returns a subscription with its items, prices, features and balances, for a customer's billing details. */
export function subscriptionDetails(platform: Platform, now: number, subscription: Subscription) {
  const items = itemsAt(platform, subscription.id, now)
  return {
    ...presentSubscription(subscription),
    subscriptionItems: items.filter(isPlanItem).map((item) => ({
      ...item,
      price: presentPrice(platform.db.prices.get(item.priceId)),
    })),
    experimental: {
      featureItems: featuresOf(platform, items)
        .filter(({ expiredAt }) => expiredAt === null || expiredAt > now)
        .map((feature) => presentFeatureItem(platform, feature)),
      usageMeterBalances: usageMeterBalances(platform, subscription.id),
    },
  } satisfies Flowglad.StandardSubscriptionDetails | Flowglad.NonRenewingSubscriptionDetails
}
