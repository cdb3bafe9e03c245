import type { Metadata } from '../database/records/base.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Price } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { periodEndAfter } from '../rules/period.ts'
import { announce } from '../webhooks/announce.ts'
import { grantPlanCredits } from './grantPlanCredits.ts'
import { addItem } from './items.ts'
import { addPeriod } from './periods.ts'

/**
 * Creates a subscription with its first item. Also creates the first period, unless the subscription is
 * `incomplete`. The caller must collect payments and grant credits.
 */
export function createSubscription(
  platform: Platform,
  at: number,
  input: {
    customer: Customer
    price: Price
    quantity: number
    name: string
    status: Subscription['status']
    paymentMethodId?: string | null
    backupPaymentMethodId?: string | null
    metadata?: Metadata | null
    doNotCharge?: boolean
    /**
     * The existing subscription whose period and billing cycle the new subscription continues. Default:
     * starts a new cycle.
     */
    continues?: Subscription | undefined
    trialEnd?: number | null
    interval?: Subscription['interval']
    intervalCount?: number
  },
): Subscription {
  const { db, organizationId } = platform
  const { customer, price } = input
  const interval = input.interval ?? price.intervalUnit ?? 'month'
  const intervalCount = input.intervalCount ?? price.intervalCount ?? 1
  const trialEnd = input.trialEnd ?? null
  const subscription = db.subscriptions.put({
    ...newRecord('sub', at),
    startDate: at,
    customerId: customer.id,
    organizationId,
    status: input.status,
    defaultPaymentMethodId: input.paymentMethodId ?? null,
    backupPaymentMethodId: input.backupPaymentMethodId ?? null,
    trialEnd,
    currentBillingPeriodStart: input.continues?.currentBillingPeriodStart ?? at,
    currentBillingPeriodEnd:
      input.continues?.currentBillingPeriodEnd ??
      trialEnd ??
      periodEndAfter(at, { anchor: at, unit: interval, count: intervalCount }),
    metadata: input.metadata ?? null,
    canceledAt: null,
    cancelScheduledAt: null,
    cancellationReason: null,
    replacedBySubscriptionId: null,
    isFreePlan: price.unitPrice === 0,
    doNotCharge: input.doNotCharge ?? false,
    priceId: price.id,
    runBillingAtPeriodStart: true,
    interval,
    intervalCount,
    billingCycleAnchorDate: input.continues?.billingCycleAnchorDate ?? at,
    name: input.name,
    renews: true,
    pricingModelId: customer.pricingModelId,
    scheduledAdjustmentAt: null,
  })
  addItem(platform, at, subscription, {
    price,
    quantity: input.quantity,
    name: input.quantity > 1 && price.name !== null ? `${price.name} x ${input.quantity}` : price.name,
    ...(input.doNotCharge && { unitPrice: 0 }),
  })
  if (input.status !== 'incomplete') addPeriod(platform, at, subscription)
  announce(platform, at, 'subscription.created', { id: subscription.id, object: 'subscription', customer })
  return subscription
}

/**
 * Starts the default plan and grants its credits. Customers get this plan when they have no other plan. Returns
 * null if the pricing model has no default plan.
 */
export function startFreePlan(platform: Platform, at: number, customer: Customer): Subscription | null {
  const { db } = platform
  const modelId = db.pricingModels.find(customer.pricingModelId)?.id ?? platform.pricingModelId
  const product = db.products.by('model', modelId).find((p) => p.default && p.active)
  // As on the platform, an archived price still starts if the product has no other default price.
  const prices = product ? db.prices.by('product', product.id) : []
  const price = prices.find((p) => p.isDefault) ?? prices[0]
  if (!product || !price) return null
  const subscription = createSubscription(platform, at, {
    customer,
    price,
    quantity: 1,
    name: `${product.name} Subscription`,
    status: 'active',
  })
  grantPlanCredits(platform, at, subscription, { renewal: false })
  return subscription
}
