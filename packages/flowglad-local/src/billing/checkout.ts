import type {
  BillingAddress,
  CheckoutSession,
  Customer,
  PaymentMethod,
  Price,
  Product,
  Purchase,
  Subscription,
} from '../database/records.ts'
import { createName } from '../ids.ts'
import { newRecord, type Platform } from '../platform.ts'
import { refused, refusedResult } from '../problems.ts'
import { discountOn } from '../rules/discount.ts'
import { announce } from '../webhooks/announce.ts'
import { replaceFreePlan } from './cancel.ts'
import { payNow, runBilling } from './collect.ts'
import { createCustomer } from './customers.ts'
import { countRedemption, redeem } from './discounts.ts'
import { charge, createInvoice } from './invoice.ts'
import { grantCredits } from './ledger.ts'
import {
  createSubscription,
  currentSubscriptions,
  isTerminal,
  planConflict,
  planName,
  trialEndOf,
} from './subscriptions.ts'
import { type TestCard, testCardExpiry } from './testCards.ts'

/** What a person fills in on the hosted page. */
export interface CheckoutDetails {
  name: string
  email: string
  address: BillingAddress['address']
  card: TestCard
}

/** Completes a session that somebody paid for: all of it or, when a rule forbids it, nothing. */
export function completeCheckout(
  platform: Platform,
  at: number,
  session: CheckoutSession,
  details: CheckoutDetails,
): CheckoutSession {
  const { books } = platform
  if (session.status === 'succeeded') return session
  if (session.status !== 'open' || session.expires <= at)
    throw refused(`Checkout session ${session.id} can no longer be completed: it is ${session.status}`)
  const billingAddress: BillingAddress = {
    name: details.name,
    email: details.email,
    address: details.address,
  }
  const customer = session.customerId
    ? books.customers.get(session.customerId)
    : becomeCustomer(platform, at, details, billingAddress)
  const outcome = fulfil(platform, at, { session, customer, details, billingAddress })
  return books.checkoutSessions.patch(session.id, {
    status: 'succeeded',
    billingAddress,
    paymentMethodType: 'card',
    customerId: customer.id,
    customerEmail: session.customerEmail ?? details.email,
    ...outcome,
    updatedAt: at,
  })
}

/** Does what a session is for. Returns what only some sessions say afterwards. */
function fulfil(platform: Platform, at: number, paid: Paid): Partial<CheckoutSession> {
  const { books } = platform
  const { session } = paid
  switch (session.type) {
    case 'product': {
      const price = books.prices.get(session.priceId ?? '')
      const product = books.products.get(price.productId ?? '')
      if (price.type === 'single_payment') return buyOnce(platform, at, paid, price, product)
      subscribe(platform, at, paid, price, product)
      return {}
    }
    case 'add_payment_method': {
      const method = saveCard(platform, at, paid)
      const id = session.targetSubscriptionId
      if (id === null) return {}
      if (books.subscriptions.find(id)?.customerId !== paid.customer.id)
        throw refusedResult('NotFoundError', `No subscriptions found with id: ${id}`)
      books.subscriptions.patch(id, { defaultPaymentMethodId: method.id, updatedAt: at })
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
 * Gives a subscription a card and bills what it owes: one that waits for its first payment starts, one that is past due
 * catches up, the free plan gets its invoice of nothing. What is paid for is not paid for again, where the platform
 * charges the whole period once more.
 */
function activate(platform: Platform, at: number, paid: Paid): void {
  const { books } = platform
  const target = books.subscriptions.get(paid.session.targetSubscriptionId ?? '')
  const barred = isTerminal(target) ? 'canceled' : target.doNotCharge ? 'doNotCharge' : null
  if (barred) throw refused(`Invalid subscription: Cannot create billing run for ${barred} subscription`)
  const { status } = target
  const subscription = books.subscriptions.patch(target.id, {
    defaultPaymentMethodId: saveCard(platform, at, paid).id,
    // Whoever is past due is not until the payment is made.
    ...(status !== 'past_due' && { status: 'active' }),
    updatedAt: at,
  })
  if (status === 'incomplete') runBilling(platform, at, subscription, { reason: 'first', onSession: true })
  else if (status === 'past_due' || target.isFreePlan) payNow(platform, at, subscription)
}

interface Paid {
  session: CheckoutSession
  customer: Customer
  details: CheckoutDetails
  billingAddress: BillingAddress
}

function subscribe(platform: Platform, at: number, paid: Paid, price: Price, product: Product): void {
  const { session, customer } = paid
  const conflict = planConflict(platform, customer, price)
  if (conflict) throw refused(conflict)
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
    // A trial has a cycle of its own.
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

/** The free plan whose billing cycle a session is to keep. */
export const continuedBy = (session: CheckoutSession, free: Subscription | undefined) =>
  session.preserveBillingCycleAnchor ? free : undefined

/**
 * A one-time product. As on the platform, quantity multiplies neither the charge nor the credits, the credits are those
 * of the first credit feature that was made, and they never expire.
 */
function buyOnce(
  platform: Platform,
  at: number,
  paid: Paid,
  price: Price,
  product: Product,
): Partial<CheckoutSession> {
  const { books } = platform
  const { customer, details } = paid
  const purchase = addPurchase(platform, at, paid, product, {
    priceId: price.id,
    priceType: 'single_payment',
    trialPeriodDays: null,
    pricePerBillingCycle: null,
    intervalUnit: null,
    intervalCount: null,
    firstInvoiceValue: price.unitPrice,
    totalPurchaseValue: price.unitPrice,
  })
  const redemption = redeem(platform, at, paid.session, { subscriptionId: null, purchaseId: purchase.id })
  const invoice = createInvoice(platform, at, {
    customer,
    purchaseId: purchase.id,
    lines: [{ description: purchase.name, price: price.unitPrice, quantity: 1, priceId: price.id }],
    discount: redemption ? discountOn(price.unitPrice, redemption) : 0,
  })
  if (invoice.subtotal > 0)
    charge(platform, at, { invoice, amount: invoice.subtotal, method: null, onSession: true })
  else books.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
  if (redemption) countRedemption(platform, at, redemption)
  announce(platform, at, 'purchase.completed', { id: purchase.id, object: 'purchase', customer })
  grantPurchasedCredits(platform, at, customer, product)
  // The payment says who paid, and a session knows the purchase that came of it.
  return { purchaseId: purchase.id, customerName: details.name, customerEmail: details.email }
}

function grantPurchasedCredits(platform: Platform, at: number, customer: Customer, product: Product): void {
  const { books } = platform
  const [subscription] = currentSubscriptions(platform, customer.id)
  const linked = new Set(
    books.productFeatures
      .by('product', product.id)
      .filter((link) => link.expiredAt === null)
      .map((link) => link.featureId),
  )
  const feature = books.features
    .by('model', product.pricingModelId)
    .find(({ id, type, active }) => linked.has(id) && type === 'usage_credit_grant' && active)
  if (!subscription || !feature?.usageMeterId || !feature.amount) return
  grantCredits(platform, at, {
    subscriptionId: subscription.id,
    usageMeterId: feature.usageMeterId,
    amount: feature.amount,
    expiresAt: null,
    billingPeriodId: null,
    source: 'purchase',
    description: product.name,
  })
}

function addPurchase(
  platform: Platform,
  at: number,
  { session, customer, billingAddress }: Paid,
  product: Product,
  terms: Pick<
    Purchase,
    | 'priceId'
    | 'priceType'
    | 'trialPeriodDays'
    | 'pricePerBillingCycle'
    | 'intervalUnit'
    | 'intervalCount'
    | 'firstInvoiceValue'
    | 'totalPurchaseValue'
  >,
) {
  const { books, organizationId } = platform
  return books.purchases.put({
    ...newRecord('prch', at),
    name: session.outputName ?? product.name,
    status: 'paid',
    customerId: customer.id,
    organizationId,
    billingCycleAnchor: null,
    ...terms,
    // As on the platform, whatever the session says.
    quantity: 1,
    bankPaymentOnly: false,
    purchaseDate: at,
    endDate: null,
    proposal: null,
    archived: false,
    billingAddress,
    metadata: session.outputMetadata,
    pricingModelId: customer.pricingModelId,
    position: books.purchases.size + 1,
  })
}

/** Saves the card as the customer's default. */
function saveCard({ books }: Platform, at: number, { customer, details }: Paid): PaymentMethod {
  for (const other of books.paymentMethods.by('customer', customer.id))
    if (other.default) books.paymentMethods.patch(other.id, { default: false, updatedAt: at })
  return books.paymentMethods.put({
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

/** Somebody whom the application did not name: a customer like any other from here on, the free plan included. */
const becomeCustomer = (
  platform: Platform,
  at: number,
  { name, email }: CheckoutDetails,
  billingAddress: BillingAddress,
): Customer =>
  createCustomer(platform, at, { externalId: createName(), name, email, billingAddress }).customer
