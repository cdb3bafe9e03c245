import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { BillingAddress, Customer, PaymentMethod } from '../database/records/customers.ts'
import type { Price, Product } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import { createName } from '../platform/ids.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected, rejectedResult } from '../platform/problems.ts'
import { announce } from '../webhooks/announce.ts'
import { addPurchase, type Paid } from './addPurchase.ts'
import { buyOnce } from './buyOnce.ts'
import { replaceFreePlan } from './cancel.ts'
import { isPeriodUnpaid, payNow, runBilling } from './collect.ts'
import { createSubscription } from './createSubscription.ts'
import { createCustomer } from './customers.ts'
import { redeem } from './discounts.ts'
import { currentSubscriptions, isTerminal, planConflict, planName, trialEndOf } from './subscriptions.ts'
import { type TestCard, testCardExpiry } from './testCards.ts'

/** The details that the customer enters on the hosted checkout page. */
export interface CheckoutDetails {
  name: string
  email: string
  address: BillingAddress['address']
  card: TestCard
}

/**
 * Completes an open checkout session. Returns a completed session unchanged. If a rule forbids the checkout,
 * throws to roll back the transaction.
 */
export function completeCheckout(
  platform: Platform,
  at: number,
  session: CheckoutSession,
  details: CheckoutDetails,
): CheckoutSession {
  const { db } = platform
  if (session.status === 'succeeded') return session
  if (session.status !== 'open' || session.expires <= at)
    throw rejected(
      `Checkout session ${session.id} has expired or is no longer open (status: ${session.status})`,
    )
  const billingAddress: BillingAddress = {
    name: details.name,
    email: details.email,
    address: details.address,
  }
  const customer = session.customerId
    ? db.customers.get(session.customerId)
    : createPayer(platform, at, details, billingAddress)
  const outcome = fulfil(platform, at, { session, customer, details, billingAddress })
  return db.checkoutSessions.patch(session.id, {
    status: 'succeeded',
    billingAddress,
    paymentMethodType: 'card',
    customerId: customer.id,
    customerEmail: session.customerEmail ?? details.email,
    ...outcome,
    updatedAt: at,
  })
}

/**
 * Fulfills a checkout session: completes the purchase, saves the card or activates the subscription. Returns
 * the fields that only some session types set.
 */
function fulfil(platform: Platform, at: number, paid: Paid): Partial<CheckoutSession> {
  const { db } = platform
  const { session } = paid
  switch (session.type) {
    case 'product': {
      const price = db.prices.get(session.priceId ?? '')
      const product = db.products.get(price.productId ?? '')
      if (price.type === 'single_payment') return buyOnce(platform, at, paid, price, product)
      subscribe(platform, at, paid, price, product)
      return {}
    }
    case 'add_payment_method': {
      const method = saveCard(platform, at, paid)
      const id = session.targetSubscriptionId
      if (id === null) return {}
      if (db.subscriptions.find(id)?.customerId !== paid.customer.id)
        throw rejectedResult('NotFoundError', `No subscriptions found with id: ${id}`)
      db.subscriptions.patch(id, { defaultPaymentMethodId: method.id, updatedAt: at })
      return {}
    }
    case 'activate_subscription':
      activate(platform, at, paid)
      return {}
    default:
      return session.type satisfies never
  }
}

/**
 * Saves a card for a subscription and charges the amount due: an incomplete subscription's first payment, a
 * past-due subscription's outstanding payment, or the cost of a free plan's current period. Unlike the
 * platform, doesn't charge again for a paid period.
 */
function activate(platform: Platform, at: number, paid: Paid): void {
  const { db } = platform
  const target = db.subscriptions.get(paid.session.targetSubscriptionId ?? '')
  const barred = isTerminal(target) ? 'canceled' : target.doNotCharge ? 'doNotCharge' : null
  if (barred) throw rejected(`Invalid subscription: Cannot create billing run for ${barred} subscription`)
  const { status } = target
  const subscription = db.subscriptions.patch(target.id, {
    defaultPaymentMethodId: saveCard(platform, at, paid).id,
    // A subscription stays past due until a payment succeeds.
    ...(status !== 'past_due' && { status: 'active' }),
    updatedAt: at,
  })
  if (status === 'incomplete') runBilling(platform, at, subscription, { reason: 'first', onSession: true })
  else if (status === 'past_due' || target.isFreePlan || isPeriodUnpaid(platform, target))
    payNow(platform, at, subscription)
}

function subscribe(platform: Platform, at: number, paid: Paid, price: Price, product: Product): void {
  const { session, customer } = paid
  const conflict = planConflict(platform, customer, price)
  if (conflict) throw rejected(conflict)
  const free = currentSubscriptions(platform, customer.id).find((s) => s.isFreePlan)
  const method = saveCard(platform, at, paid)
  const trialEnd = trialEndOf(platform, customer, price, at)
  const subscription = createSubscription(platform, at, {
    customer,
    price,
    quantity: session.quantity,
    name: session.outputName ?? planName(product, price),
    status: trialEnd === null ? 'incomplete' : 'trialing',
    paymentMethodId: method.id,
    metadata: session.outputMetadata ?? {},
    trialEnd,
    // A trial starts its own billing cycle.
    continues: trialEnd === null ? continuedBy(session, free) : undefined,
  })
  if (free) replaceFreePlan(platform, at, free, subscription)
  const purchase = addPurchase(platform, at, paid, product, {
    priceId: price.id,
    priceType: 'subscription',
    trialPeriodDays: price.trialPeriodDays ?? 0,
    pricePerBillingCycle: price.unitPrice,
    intervalUnit: price.intervalUnit,
    intervalCount: price.intervalCount,
    firstInvoiceValue: 0,
    totalPurchaseValue: null,
  })
  redeem(platform, at, session, { subscriptionId: subscription.id, purchaseId: purchase.id })
  announce(platform, at, 'purchase.completed', { id: purchase.id, object: 'purchase', customer })
  runBilling(platform, at, subscription, { reason: 'first', onSession: true })
}

/** Returns the free plan if the session keeps the free plan's billing cycle. */
export const continuedBy = (session: CheckoutSession, free: Subscription | undefined) =>
  session.preserveBillingCycleAnchor && free?.renews ? free : undefined

/** Saves the card as the customer's default. */
function saveCard({ db }: Platform, at: number, { customer, details }: Paid): PaymentMethod {
  for (const other of db.paymentMethods.by('customer', customer.id))
    if (other.default) db.paymentMethods.patch(other.id, { default: false, updatedAt: at })
  return db.paymentMethods.put({
    ...newRecord('pm', at),
    customerId: customer.id,
    pricingModelId: customer.pricingModelId,
    billingDetails: { name: details.name, email: details.email, address: details.address },
    type: 'card',
    default: true,
    paymentMethodData: {
      brand: details.card.brand,
      last4: details.card.number.slice(-4),
      country: 'US',
      exp_year: testCardExpiry.year,
      exp_month: testCardExpiry.month,
    },
    metadata: {},
    internal: { behaviour: details.card.renewals === 'fail' ? 'fails_later' : 'pays' },
  })
}

/** Creates a customer on the free plan for an anonymous checkout. */
const createPayer = (
  platform: Platform,
  at: number,
  { name, email }: CheckoutDetails,
  billingAddress: BillingAddress,
): Customer =>
  createCustomer(platform, at, { externalId: createName(), name, email, billingAddress }).customer
