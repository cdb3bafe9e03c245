import type { Flowglad } from '@flowglad/node'
import type { Interval } from '../../rules/period.ts'
import type { Base, Metadata } from './base.ts'
import type { Feature } from './pricing.ts'

interface SubscriptionBase extends Base {
  startDate: number
  customerId: string
  organizationId: string
  defaultPaymentMethodId: string | null
  backupPaymentMethodId: string | null
  metadata: Metadata | null
  canceledAt: number | null
  cancelScheduledAt: number | null
  cancellationReason: string | null
  replacedBySubscriptionId: string | null
  isFreePlan: boolean
  doNotCharge: boolean
  priceId: string
  runBillingAtPeriodStart: boolean
  /** Null if the price of the main item has no name. */
  name: string | null
  pricingModelId: string
  scheduledAdjustmentAt: number | null
}

export interface RenewingSubscription extends SubscriptionBase {
  status: Flowglad.StandardSubscriptionRecord['status']
  trialEnd: number | null
  currentBillingPeriodStart: number
  currentBillingPeriodEnd: number
  interval: Interval
  intervalCount: number
  billingCycleAnchorDate: number
  renews: true
}

/** The free plan of a default product with a one-time price; has no billing periods. */
interface NonRenewingSubscription extends SubscriptionBase {
  status: 'active' | 'canceled'
  trialEnd: null
  currentBillingPeriodStart: null
  currentBillingPeriodEnd: null
  interval: null
  intervalCount: null
  billingCycleAnchorDate: null
  renews: false
}

export type Subscription = RenewingSubscription | NonRenewingSubscription

export interface SubscriptionItem extends Base {
  subscriptionId: string
  name: string | null
  addedDate: number
  /** Null for the item that holds individually added features. */
  priceId: string | null
  unitPrice: number
  quantity: number
  metadata: Metadata | null
  type: 'static'
  externalId: string | null
  expiredAt: number | null
  manuallyCreated: boolean
  pricingModelId: string
}

export interface SubscriptionFeature extends Base {
  subscriptionItemId: string
  featureId: string
  productFeatureId: string | null
  type: Feature['type']
  amount: number | null
  usageMeterId: string | null
  renewalFrequency: Feature['renewalFrequency']
  expiredAt: number | null
  detachedAt: number | null
  detachedReason: string | null
  manuallyCreated: boolean
  pricingModelId: string
  resourceId: string | null
}

export interface BillingPeriod extends Base {
  subscriptionId: string
  startDate: number
  endDate: number
}

export interface ResourceClaim extends Base {
  organizationId: string
  pricingModelId: string
  resourceId: string
  subscriptionId: string
  externalId: string | null
  metadata: Metadata | null
  claimedAt: number
  releasedAt: number | null
  releaseReason: string | null
  expiredAt: number | null
}
