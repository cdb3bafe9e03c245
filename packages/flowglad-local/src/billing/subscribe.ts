import type { Metadata } from '../database/records/base.ts'
import type { Customer, PaymentMethod } from '../database/records/customers.ts'
import type { Price } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound, Problem, rejected, rejectedResult } from '../platform/problems.ts'
import { int32Max } from '../rules/bounds.ts'
import { replaceFreePlan } from './cancel.ts'
import { defaultPaymentMethod, runBilling } from './collect.ts'
import { createSubscription } from './createSubscription.ts'
import { currentSubscriptions, planConflict, planName, trialEndOf } from './subscriptions.ts'

interface SubscriptionRequest {
  customerId?: string | undefined
  customerExternalId?: string | undefined
  priceId?: string | undefined
  priceSlug?: string | undefined
  quantity: number
  interval?: Subscription['interval'] | undefined
  intervalCount?: number | undefined
  trialEnd?: number | undefined
  metadata?: Metadata | undefined
  name?: string | undefined
  defaultPaymentMethodId?: string | undefined
  backupPaymentMethodId?: string | undefined
  doNotCharge: boolean
}

/**
 * Subscribes a customer without a checkout. If the customer has a saved card, makes the first payment
 * immediately, but returns the subscription as it was before the payment. If the plan needs a card and the
 * customer has none, the subscription is `incomplete`, and the customer has no current plan.
 */
export function subscribeCustomer(platform: Platform, at: number, input: SubscriptionRequest): Subscription {
  const { db } = platform
  const customer = findCustomer(platform, input)
  const price = findPrice(platform, customer, input)
  const product = db.products.get(price.productId ?? '')
  const card = findCard(platform, input.defaultPaymentMethodId)
  const backup = findCard(platform, input.backupPaymentMethodId)
  const conflict = planConflict(platform, customer, price)
  if (conflict) throw rejectedResult('ConflictError', conflict)
  if (card && card.customerId !== customer.id) throw belongsToAnother(customer, card, 'default')
  if (backup && backup.customerId !== customer.id) throw belongsToAnother(customer, backup, 'backup')
  const method = input.doNotCharge ? null : (card ?? defaultPaymentMethod(platform, customer.id))
  const free = currentSubscriptions(platform, customer.id).find((s) => s.isFreePlan)
  const trialEnd = trialEndOf(platform, customer, price, at, input.trialEnd)
  rejectUnusable(at, input, trialEnd)
  const paysNothing = input.doNotCharge || (price.unitPrice === 0 && product.default)
  // If the request specifies a card, the subscription is active even before the payment. If the customer's
  // default card is used, the subscription becomes active after the payment. As on the platform, a free plan
  // that isn't the default plan also needs a card.
  const startsActive = paysNothing || card !== null
  const subscription = createSubscription(platform, at, {
    customer,
    price,
    quantity: input.quantity,
    name: input.name ?? planName(product, price),
    status: !input.doNotCharge && trialEnd !== null ? 'trialing' : startsActive ? 'active' : 'incomplete',
    paymentMethodId: card?.id ?? null,
    backupPaymentMethodId: backup?.id ?? null,
    metadata: input.metadata ?? null,
    doNotCharge: input.doNotCharge,
    trialEnd,
    ...(input.interval && { interval: input.interval }),
    ...(input.intervalCount !== undefined && { intervalCount: input.intervalCount }),
  })
  if (free) replaceFreePlan(platform, at, free, subscription)
  if (method || paysNothing || trialEnd !== null) runBilling(platform, at, subscription, { reason: 'first' })
  return subscription
}

function findCustomer({ db }: Platform, { customerId, customerExternalId }: SubscriptionRequest): Customer {
  if (customerId) {
    const customer = db.customers.find(customerId)
    if (!customer) throw notFound(`Customer with id "${customerId}" not found`)
    if (customer.archived) throw rejected('Cannot create subscription for archived customer')
    return customer
  }
  const customer = db.customers.first('externalId', customerExternalId ?? '')
  if (!customer) throw notFound(`Customer with externalId ${customerExternalId} not found`)
  return customer
}

function findPrice({ db }: Platform, customer: Customer, { priceId, priceSlug }: SubscriptionRequest): Price {
  const inModel = db.prices.by('model', customer.pricingModelId)
  const isOffered = ({ productId }: Price) => productId === null || db.products.get(productId).active
  const price = priceId
    ? inModel.find((p) => p.id === priceId)
    : inModel.find((p) => p.active && p.slug === priceSlug && isOffered(p))
  if (!price)
    throw notFound(
      priceId
        ? `Price with id "${priceId}" not found`
        : `Price with slug "${priceSlug}" not found for this customer's pricing model`,
    )
  const name = priceId ?? priceSlug
  if (price.type === 'usage')
    throw new Problem(
      'BAD_REQUEST',
      `Price "${name}" is a usage price and cannot be used to create a subscription directly. Use a subscription price instead.`,
    )
  if (price.type === 'single_payment')
    throw new Problem(
      'BAD_REQUEST',
      `Price ${price.id} is a single payment price and cannot be used to create a subscription.`,
    )
  return price
}

/** Returns the card with this ID, even if the card belongs to another customer. */
function findCard({ db }: Platform, id: string | undefined): PaymentMethod | null {
  if (!id) return null
  const method = db.paymentMethods.find(id)
  if (!method) throw rejectedResult('NotFoundError', `No payment methods found with id: ${id}`)
  return method
}

const belongsToAnother = (customer: Customer, method: PaymentMethod, role: 'default' | 'backup') =>
  rejectedResult(
    'ValidationError',
    `Invalid ${role}PaymentMethod: Customer ${customer.id} does not match ${role} payment method ${method.customerId}`,
  )

/**
 * Rejects values that the platform can't use or store. For most of these values, the platform's workflow
 * throws, so the error is generic. A quantity of 0 is valid: the plan then costs nothing and grants nothing.
 */
function rejectUnusable(
  at: number,
  { quantity, intervalCount = 1 }: SubscriptionRequest,
  trialEnd: number | null,
): void {
  if (intervalCount === 0)
    throw rejectedResult(
      'ValidationError',
      'Invalid intervalCount: Interval count is required for standard subscriptions',
    )
  const usable =
    (trialEnd === null || trialEnd > at) &&
    Number.isInteger(intervalCount) &&
    intervalCount > 0 &&
    Number.isInteger(quantity) &&
    quantity >= 0 &&
    quantity <= int32Max
  if (!usable) throw rejected('generator body threw')
}
