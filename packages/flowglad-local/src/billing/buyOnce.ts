import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Price, Product } from '../database/records/pricing.ts'
import type { Platform } from '../platform/Platform.ts'
import { currentLinks } from '../pricing/productFeatures.ts'
import { discountOn } from '../rules/discount.ts'
import { announce } from '../webhooks/announce.ts'
import { addPurchase, type Paid } from './addPurchase.ts'
import { countRedemption, redeem } from './discounts.ts'
import { charge, createInvoice } from './invoice.ts'
import { grantCredits } from './ledger.ts'
import { currentSubscriptions } from './subscriptions.ts'

/**
 * Sells a one-time product. On the platform, the quantity affects neither the charge nor the credits. Only
 * the product's first credit feature grants credits. They never expire.
 */
export function buyOnce(
  platform: Platform,
  at: number,
  paid: Paid,
  price: Price,
  product: Product,
): Partial<CheckoutSession> {
  const { db } = platform
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
  else db.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
  if (redemption) countRedemption(platform, at, redemption)
  announce(platform, at, 'purchase.completed', { id: purchase.id, object: 'purchase', customer })
  grantPurchasedCredits(platform, at, customer, product)
  // Only a checkout session for a one-time product records the payer and the purchase.
  return { purchaseId: purchase.id, customerName: details.name, customerEmail: details.email }
}

function grantPurchasedCredits(platform: Platform, at: number, customer: Customer, product: Product): void {
  const { db } = platform
  const [subscription] = currentSubscriptions(platform, customer.id)
  const linked = new Set(currentLinks(platform, product.id, at).map((link) => link.featureId))
  const feature = db.features
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
