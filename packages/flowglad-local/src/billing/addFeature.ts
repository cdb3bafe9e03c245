import type { Feature } from '../database/records/pricing.ts'
import type {
  Subscription,
  SubscriptionFeature,
  SubscriptionItem,
} from '../database/records/subscriptions.ts'
import { failedWrite } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejectedPanic, rejectedResult } from '../platform/problems.ts'
import { outOfRange } from '../rules/bounds.ts'
import { addItemFeature } from './items.ts'
import { grantCredits } from './ledger.ts'
import { periodAt } from './periods.ts'
import { isTerminal } from './subscriptions.ts'

interface FeatureRequest {
  featureId?: string | undefined
  /** The slug of a feature in the subscription's pricing model, if the request has no feature ID. */
  featureSlug?: string | undefined
  grantCreditsImmediately: boolean
}

const refused = (message: string) => rejectedResult('Error', message)

/**
 * Adds a feature to one subscription, in addition to the plan's features. Adding a toggle again changes
 * nothing. Adding a credit feature again increases its amount. A feature that has ended can't be added again.
 * Each renewal grants a feature's recurring credits. If the request sets `grantCreditsImmediately`, a credit
 * feature also grants its credits immediately.
 */
export function addFeature(
  platform: Platform,
  at: number,
  subscriptionId: string,
  request: FeatureRequest,
): SubscriptionFeature {
  const { db } = platform
  const subscription = db.subscriptions.find(subscriptionId)
  if (!subscription) throw rejectedPanic('NotFoundError', `No subscriptions found with id: ${subscriptionId}`)
  if (isTerminal(subscription))
    throw rejectedResult(
      'SubscriptionTerminalStateError',
      `Cannot mutate subscription ${subscriptionId} in terminal state: ${subscription.status}`,
    )
  const feature = findFeature(platform, subscription, request)
  if (!feature.active)
    throw refused(`Feature ${feature.id} is inactive and cannot be added to subscriptions.`)
  const item = manualItem(platform, at, subscription)
  if (request.grantCreditsImmediately && feature.type !== 'usage_credit_grant')
    throw refused('grantCreditsImmediately is only supported for usage credit features.')
  const added = addTo(platform, at, item, feature)
  if (request.grantCreditsImmediately) grantNow(platform, at, subscription, feature)
  return added
}

function findFeature(
  { db, pricingModelId }: Platform,
  subscription: Subscription,
  { featureId, featureSlug }: FeatureRequest,
): Feature {
  if (featureId) {
    const feature = db.features.find(featureId)
    if (feature?.pricingModelId !== pricingModelId)
      throw rejectedPanic('NotFoundError', `No features found with id: ${featureId}`)
    return feature
  }
  const feature = db.features
    .by('model', subscription.pricingModelId)
    .find(({ slug }) => slug === featureSlug)
  if (!feature)
    throw refused(`No feature found with slug "${featureSlug}" in the subscription's pricing model`)
  return feature
}

/**
 * Returns the item that holds the features added to this subscription. Creates the item if it doesn't exist.
 */
function manualItem({ db }: Platform, at: number, subscription: Subscription): SubscriptionItem {
  const existing = db.subscriptionItems
    .by('subscription', subscription.id)
    .find((item) => item.manuallyCreated && item.expiredAt === null)
  if (existing) return existing
  return db.subscriptionItems.put({
    ...newRecord('si', at),
    subscriptionId: subscription.id,
    name: 'Manual Features',
    addedDate: at,
    priceId: null,
    unitPrice: 0,
    quantity: 0,
    metadata: null,
    type: 'static',
    externalId: null,
    expiredAt: null,
    manuallyCreated: true,
    pricingModelId: subscription.pricingModelId,
  })
}

function addTo({ db }: Platform, at: number, item: SubscriptionItem, feature: Feature): SubscriptionFeature {
  const existing = db.subscriptionFeatures
    .by('item', item.id)
    .find(({ featureId }) => featureId === feature.id)
  if (!existing) return addItemFeature(db, at, item, feature, { manuallyCreated: true })
  if (feature.type === 'toggle') {
    if (existing.expiredAt !== null)
      throw refused(`Failed to upsert toggle feature ${feature.id} for subscription item ${item.id}.`)
    return existing
  }
  // The platform's lookup skips features that have ended. The platform then inserts a duplicate, and its database
  // rejects the duplicate.
  if (existing.expiredAt !== null)
    throw refused(
      failedWrite('insert', 'subscription_features', 'duplicate key value violates unique constraint')
        .message,
    )
  if (existing.type !== 'usage_credit_grant')
    throw refused(`Existing feature ${existing.id} is not a usage credit grant.`)
  const amount = (existing.amount ?? 0) + (feature.amount ?? 0)
  const unstorable = outOfRange(amount)
  if (unstorable)
    throw refused(failedWrite({ update: existing.id }, 'subscription_item_features', unstorable).message)
  return db.subscriptionFeatures.patch(existing.id, {
    amount,
    productFeatureId: null,
    usageMeterId: feature.usageMeterId,
    renewalFrequency: feature.renewalFrequency,
    updatedAt: at,
  })
}

/**
 * Grants a feature's credits for the current period. A feature grants its credits at most once per period.
 */
function grantNow(platform: Platform, at: number, subscription: Subscription, feature: Feature): void {
  const { usageMeterId, amount } = feature
  if (usageMeterId === null || !amount) return
  const period = periodAt(platform, subscription.id, at)
  const granted = platform.db.usageCredits
    .by('subscription', subscription.id)
    .some(
      (credit) =>
        credit.featureId === feature.id &&
        credit.usageMeterId === usageMeterId &&
        credit.billingPeriodId === (period?.id ?? null),
    )
  if (granted) return
  grantCredits(platform, at, {
    subscriptionId: subscription.id,
    usageMeterId,
    amount,
    expiresAt: period?.endDate ?? null,
    billingPeriodId: period?.id ?? null,
    source: 'adjustment',
    featureId: feature.id,
    description: feature.name,
  })
}
