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
import { createInvoiceNumberBase } from '../ids.ts'
import { newRecord, type Platform } from '../platform.ts'
import { refused } from '../problems.ts'
import { discountOn } from '../rules/discount.ts'
import { announce } from '../webhooks/announce.ts'
import { replaceFreePlan } from './cancel.ts'
import { runBilling } from './collect.ts'
import { countRedemption, redeem } from './discounts.ts'
import { charge, createInvoice } from './invoice.ts'
import { grantCredits } from './ledger.ts'
import {
  createSubscription,
  currentSubscriptions,
  isTerminal,
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
    : createAnonymousCustomer(platform, at, session, details)
  const paid = { session, customer, details, billingAddress }
  switch (session.type) {
    case 'product': {
      const price = books.prices.get(session.priceId ?? '')
      const product = books.products.get(price.productId ?? '')
      if (price.type === 'subscription') subscribe(platform, at, paid, price, product)
      else buyOnce(platform, at, paid, price, product)
      break
    }
    case 'add_payment_method': {
      const method = saveCard(platform, at, paid)
      if (session.targetSubscriptionId)
        books.subscriptions.patch(session.targetSubscriptionId, {
          defaultPaymentMethodId: method.id,
          updatedAt: at,
        })
      break
    }
    case 'activate_subscription': {
      const method = saveCard(platform, at, paid)
      const target = books.subscriptions.get(session.targetSubscriptionId ?? '')
      if (isTerminal(target)) throw refused(`Invalid subscription: ${target.id} is ${target.status}`)
      const wasIncomplete = target.status === 'incomplete'
      const active = books.subscriptions.patch(target.id, {
        defaultPaymentMethodId: method.id,
        status: 'active',
        updatedAt: at,
      })
      if (wasIncomplete) runBilling(platform, at, active, { reason: 'first', onSession: true })
      break
    }
    default:
      session.type satisfies never
  }
  return books.checkoutSessions.patch(session.id, {
    status: 'succeeded',
    billingAddress,
    paymentMethodType: 'card',
    customerId: customer.id,
    customerName: customer.name,
    customerEmail: customer.email,
    updatedAt: at,
  })
}

interface Paid {
  session: CheckoutSession
  customer: Customer
  details: CheckoutDetails
  billingAddress: BillingAddress
}

function subscribe(platform: Platform, at: number, paid: Paid, price: Price, product: Product): void {
  const { session, customer } = paid
  const current = currentSubscriptions(platform, customer.id)
  if (current.some((s) => !s.isFreePlan)) throw refused(alreadySubscribed(customer))
  const free = current.find((s) => s.isFreePlan)
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
  runBilling(platform, at, subscription, { reason: 'first', onSession: true })
}

/** The free plan whose billing cycle a session is to keep. */
export const continuedBy = (session: CheckoutSession, free: Subscription | undefined) =>
  session.preserveBillingCycleAnchor ? free : undefined

/** Why a customer who pays for a plan cannot have another. */
export const alreadySubscribed = (customer: Customer) =>
  `Subscription conflict: Customer ${customer.id} already has an active subscription. Please cancel the existing subscription before creating a new one.`

/**
 * A one-time product. As on the platform, quantity multiplies neither the charge nor the credits, the credits are those
 * of the first credit feature, and they never expire.
 */
function buyOnce(platform: Platform, at: number, paid: Paid, price: Price, product: Product): void {
  const { books } = platform
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
    customer: paid.customer,
    purchaseId: purchase.id,
    lines: [{ description: product.name, price: price.unitPrice, quantity: 1, priceId: price.id }],
    discount: redemption ? discountOn(price.unitPrice, redemption) : 0,
  })
  if (invoice.subtotal > 0)
    charge(platform, at, { invoice, amount: invoice.subtotal, method: null, onSession: true })
  else books.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
  if (redemption) countRedemption(platform, at, redemption)
  const [subscription] = currentSubscriptions(platform, paid.customer.id)
  const feature = books.productFeatures
    .by('product', product.id)
    .filter((link) => link.expiredAt === null)
    .map((link) => books.features.get(link.featureId))
    .find((f) => f.type === 'usage_credit_grant' && f.active)
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
  const purchase = books.purchases.put({
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
  announce(platform, at, 'purchase.completed', {
    id: purchase.id,
    object: 'purchase',
    customer,
  })
  return purchase
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

function createAnonymousCustomer(
  { books, organizationId }: Platform,
  at: number,
  session: CheckoutSession,
  { name, email }: CheckoutDetails,
): Customer {
  const record = newRecord('cust', at)
  return books.customers.put({
    ...record,
    organizationId,
    email,
    name,
    invoiceNumberBase: createInvoiceNumberBase(),
    archived: false,
    logoURL: null,
    iconURL: null,
    domain: null,
    billingAddress: null,
    externalId: record.id,
    userId: null,
    pricingModelId: session.pricingModelId,
  })
}
