import type {
  BillingPeriod,
  Customer,
  Metadata,
  Price,
  Product,
  Subscription,
  SubscriptionFeature,
  SubscriptionItem,
} from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'
import { grantAmount } from '../rules/credits.ts'
import { periodEndAfter } from '../rules/period.ts'
import { announce } from '../webhooks/announce.ts'
import { grantCredits } from './ledger.ts'

const currentStatuses = new Set(['active', 'past_due', 'trialing', 'cancellation_scheduled', 'unpaid'])
const terminalStatuses = new Set(['canceled', 'incomplete_expired'])

/** Whether the customer has it now: what `currentSubscriptions` lists. */
export const isCurrent = (s: Subscription) =>
  currentStatuses.has(s.status) && s.cancellationReason !== 'upgraded_to_paid'

export const isTerminal = (s: Subscription) => terminalStatuses.has(s.status)

/** A customer's current subscriptions, newest first. */
export const currentSubscriptions = ({ books }: Platform, customerId: string): Subscription[] =>
  books.subscriptions.by('customer', customerId).filter(isCurrent).reverse()

/** Why a customer cannot have a plan beside what they have now, or null. Only the free plan gives way, and only to one that costs. */
export function planConflict(platform: Platform, customer: Customer, price: Price): string | null {
  const current = currentSubscriptions(platform, customer.id)
  if (price.unitPrice === 0 && current.some((s) => s.isFreePlan))
    return `Subscription conflict: Customer ${customer.id} already has an active free subscription. Only one free subscription is allowed per customer. Please upgrade or cancel the existing free subscription before creating a new one.`
  if (current.some((s) => !s.isFreePlan))
    return `Subscription conflict: Customer ${customer.id} already has an active subscription. Please cancel the existing subscription before creating a new one.`
  return null
}

/** Items in force at a moment; one that is scheduled to end still is until then. */
export const itemsAt = (
  { books }: Pick<Platform, 'books'>,
  subscriptionId: string,
  at: number,
): SubscriptionItem[] =>
  books.subscriptionItems
    .by('subscription', subscriptionId)
    .filter((item) => item.addedDate <= at && (item.expiredAt === null || item.expiredAt > at))

export const featuresOf = ({ books }: Platform, items: readonly SubscriptionItem[]): SubscriptionFeature[] =>
  items.flatMap((item) => books.subscriptionFeatures.by('item', item.id))

/** The period that a moment falls into. The first moment of a period is its own, the last the next one's. */
export const periodAt = (
  { books }: Platform,
  subscriptionId: string,
  at: number,
): BillingPeriod | undefined =>
  books.billingPeriods
    .by('subscription', subscriptionId)
    .findLast((period) => period.startDate <= at && at < period.endDate)

export const latestPeriod = ({ books }: Platform, subscriptionId: string): BillingPeriod | undefined =>
  books.billingPeriods.by('subscription', subscriptionId).at(-1)

/** The latest period of a subscription that has one: every one but those that wait for their first payment. */
export function currentPeriod(platform: Platform, subscriptionId: string): BillingPeriod {
  const period = latestPeriod(platform, subscriptionId)
  if (!period) throw new Error(`${subscriptionId} has no billing period`)
  return period
}

export function addPeriod({ books }: Platform, at: number, subscription: Subscription): BillingPeriod {
  return books.billingPeriods.put({
    ...newRecord('billing_period', at),
    subscriptionId: subscription.id,
    startDate: subscription.currentBillingPeriodStart,
    endDate: subscription.currentBillingPeriodEnd,
  })
}

/** When a trial ends that starts now, or null: a customer gets one trial, ever. */
export function trialEndOf(
  { books }: Platform,
  customer: Customer,
  price: Price,
  start: number,
  asked?: number,
): number | null {
  // Asked for at 0 means none.
  const end = asked ?? (price.trialPeriodDays ? start + price.trialPeriodDays * 24 * 60 * 60 * 1000 : null)
  const hadOne = books.subscriptions.by('customer', customer.id).some((s) => s.trialEnd !== null)
  return hadOne || end === 0 ? null : end
}

/** What a subscription is called until its first renewal, unless somebody names it. */
export const planName = (product: Product, price: Price) =>
  price.name ? `${product.name} - ${price.name}` : product.name

/** A subscription with its first item, and its first period unless a payment has to come before. Whether it is paid for, and what it grants, is the caller's affair. */
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
    /** The plan whose billing cycle it continues: its first period is that plan's current one. Default: a cycle of its own, from now. */
    continues?: Subscription | undefined
    trialEnd?: number | null
    interval?: Subscription['interval']
    intervalCount?: number
  },
): Subscription {
  const { books, organizationId } = platform
  const { customer, price } = input
  const interval = input.interval ?? price.intervalUnit ?? 'month'
  const intervalCount = input.intervalCount ?? price.intervalCount ?? 1
  const trialEnd = input.trialEnd ?? null
  const subscription = books.subscriptions.put({
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

/** An item and the features that its product brings along. `addedDate` may lie ahead: a scheduled change. */
export function addItem(
  { books }: Platform,
  at: number,
  subscription: Subscription,
  {
    price,
    quantity,
    addedDate = at,
    unitPrice = price.unitPrice,
    name = price.name,
    metadata = null,
  }: {
    price: Price
    quantity: number
    addedDate?: number
    unitPrice?: number
    name?: string | null
    metadata?: Metadata | null
  },
): SubscriptionItem {
  const item = books.subscriptionItems.put({
    ...newRecord('si', at),
    subscriptionId: subscription.id,
    name,
    addedDate: Math.max(addedDate, subscription.startDate),
    priceId: price.id,
    unitPrice,
    quantity,
    metadata,
    type: 'static',
    externalId: null,
    expiredAt: null,
    manuallyCreated: false,
    pricingModelId: subscription.pricingModelId,
  })
  for (const { id, featureId, expiredAt } of price.productId
    ? books.productFeatures.by('product', price.productId)
    : []) {
    const feature = books.features.get(featureId)
    if (expiredAt !== null || !feature.active) continue
    books.subscriptionFeatures.put({
      ...newRecord('sub_feature', at),
      subscriptionItemId: item.id,
      featureId,
      productFeatureId: id,
      type: feature.type,
      amount: feature.type === 'toggle' ? null : grantAmount(feature.amount, quantity),
      usageMeterId: feature.usageMeterId,
      renewalFrequency: feature.renewalFrequency,
      expiredAt: null,
      detachedAt: null,
      detachedReason: null,
      manuallyCreated: false,
      pricingModelId: subscription.pricingModelId,
      resourceId: feature.resourceId,
      name: feature.name,
      slug: feature.slug,
    })
  }
  return item
}

/** Ends an item at a moment, or takes its end back. A feature of it that ends earlier by itself still does. */
export function expireItem(
  { books }: Platform,
  at: number,
  item: SubscriptionItem,
  expiredAt: number | null,
): void {
  books.subscriptionItems.patch(item.id, { expiredAt, updatedAt: at })
  for (const feature of books.subscriptionFeatures.by('item', item.id))
    if (feature.expiredAt === item.expiredAt || (feature.expiredAt ?? Infinity) > (expiredAt ?? Infinity))
      books.subscriptionFeatures.patch(feature.id, { expiredAt, updatedAt: at })
}

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

/** The default product's subscription, with its credits: what every customer has who has nothing else. */
export function startFreePlan(platform: Platform, at: number, customer: Customer): Subscription | null {
  const { books } = platform
  const modelId = books.pricingModels.find(customer.pricingModelId)?.id ?? platform.pricingModelId
  const product = books.products.by('model', modelId).find((p) => p.default && p.active)
  const price = product && books.prices.by('product', product.id).find((p) => p.isDefault && p.active)
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

/** Price and name follow the dearest item, the newer one when two cost the same. */
export function followItems({ books }: Platform, at: number, subscription: Subscription): Subscription {
  const [main] = itemsAt({ books }, subscription.id, at).sort(
    (a, b) => b.unitPrice * b.quantity - a.unitPrice * a.quantity || b.addedDate - a.addedDate,
  )
  if (!main) return subscription
  return books.subscriptions.patch(subscription.id, {
    priceId: main.priceId,
    name: main.name ?? subscription.name,
    updatedAt: at,
  })
}
