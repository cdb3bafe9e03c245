import type { Metadata } from '../database/records/base.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Price } from '../database/records/pricing.ts'
import type { RenewingSubscription, Subscription } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { periodEndAfter } from '../rules/period.ts'
import { announce } from '../webhooks/announce.ts'
import { grantPlanCredits } from './grantPlanCredits.ts'
import { addItem } from './items.ts'
import { addPeriod } from './periods.ts'

interface NewSubscription {
  customer: Customer
  price: Price
  quantity: number
  name: string
  status: RenewingSubscription['status']
  paymentMethodId?: string | null
  backupPaymentMethodId?: string | null
  metadata?: Metadata | null
  doNotCharge?: boolean
  /**
   * The existing subscription whose period and billing cycle the new subscription continues. Default:
   * starts a new cycle.
   */
  continues?: RenewingSubscription | undefined
  trialEnd?: number | null
  interval?: RenewingSubscription['interval']
  intervalCount?: number
}

/** The fields of a plan with a one-time price. Such a plan never renews, and only the default product can have it. */
const noCycle = {
  status: 'active',
  trialEnd: null,
  currentBillingPeriodStart: null,
  currentBillingPeriodEnd: null,
  runBillingAtPeriodStart: false,
  interval: null,
  intervalCount: null,
  billingCycleAnchorDate: null,
  renews: false,
} as const

/** Returns the billing cycle of a subscription that starts now. */
function cycleOf(at: number, { price, status, continues, trialEnd = null, ...input }: NewSubscription) {
  const interval = input.interval ?? price.intervalUnit ?? 'month'
  const intervalCount = input.intervalCount ?? price.intervalCount ?? 1
  return {
    status,
    trialEnd,
    currentBillingPeriodStart: continues?.currentBillingPeriodStart ?? at,
    currentBillingPeriodEnd:
      continues?.currentBillingPeriodEnd ??
      trialEnd ??
      periodEndAfter(at, { anchor: at, unit: interval, count: intervalCount }),
    runBillingAtPeriodStart: true,
    interval,
    intervalCount,
    billingCycleAnchorDate: continues?.billingCycleAnchorDate ?? at,
    renews: true,
  } as const
}

/**
 * Creates a subscription with its first item. Also creates the first period, unless the subscription is
 * `incomplete` or never renews. The caller must collect payments and grant credits.
 */
export function createSubscription(platform: Platform, at: number, input: NewSubscription): Subscription {
  const { db, organizationId } = platform
  const { customer, price } = input
  const subscription = db.subscriptions.put({
    ...newRecord('sub', at),
    startDate: at,
    customerId: customer.id,
    organizationId,
    defaultPaymentMethodId: input.paymentMethodId ?? null,
    backupPaymentMethodId: input.backupPaymentMethodId ?? null,
    metadata: input.metadata ?? null,
    canceledAt: null,
    cancelScheduledAt: null,
    cancellationReason: null,
    replacedBySubscriptionId: null,
    isFreePlan: price.unitPrice === 0,
    doNotCharge: input.doNotCharge ?? false,
    priceId: price.id,
    name: input.name,
    pricingModelId: customer.pricingModelId,
    scheduledAdjustmentAt: null,
    ...(price.type === 'subscription' ? cycleOf(at, input) : noCycle),
  })
  addItem(platform, at, subscription, {
    price,
    quantity: input.quantity,
    // As on the platform, a missing price name becomes the text "null".
    name: `${price.name}${input.quantity > 1 ? ` x ${input.quantity}` : ''}`,
    ...(input.doNotCharge && { unitPrice: 0 }),
  })
  if (subscription.renews && input.status !== 'incomplete') addPeriod(platform, at, subscription)
  announce(platform, at, 'subscription.created', { id: subscription.id, object: 'subscription', customer })
  return subscription
}

/**
 * Starts the default plan and grants its credits. Customers without another plan get the default plan. Returns
 * null if the pricing model has no default plan.
 */
export function startFreePlan(platform: Platform, at: number, customer: Customer): Subscription | null {
  const { db } = platform
  const modelId = db.pricingModels.find(customer.pricingModelId)?.id ?? platform.pricingModelId
  const product = db.products.by('model', modelId).find((p) => p.default && p.active)
  // As on the platform, the price can be archived.
  const price = product && db.prices.by('product', product.id).find((p) => p.isDefault)
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
