import type { Database } from '../database/Database.ts'
import type { Indexes } from '../database/Rows.ts'
import type { Base } from '../database/records/base.ts'
import type { Table } from '../database/Table.ts'

/** The maximum number of related objects of one kind on a page. */
export const relatedShown = 10

export interface Related {
  label: string
  /** The newest objects: at most `relatedShown`, plus one if there are more. */
  objects: readonly Base[]
}

interface Kind {
  noun: string
  find(db: Database, id: string): Base | undefined
  /** Returns the objects that refer to the object with this ID. */
  related?(db: Database, id: string): Related[]
}

const newest = <R extends Base, I extends Indexes<R>>(
  label: string,
  table: Table<R, I>,
  index: keyof I & string,
  key: string,
): Related => ({
  label,
  objects: table.page({ limit: relatedShown + 1, of: { index, key }, descending: true }),
})

/** The kinds of objects, by the prefix of their IDs. */
const kinds: Record<string, Kind> = {
  cust: {
    noun: 'Customer',
    find: (db, id) => db.customers.find(id),
    related: (db, id) => [
      newest('Subscriptions', db.subscriptions, 'customer', id),
      newest('Payments', db.payments, 'customer', id),
      newest('Invoices', db.invoices, 'customer', id),
      newest('Payment methods', db.paymentMethods, 'customer', id),
      newest('Purchases', db.purchases, 'customer', id),
      newest('Checkout sessions', db.checkoutSessions, 'customer', id),
      newest('Usage events', db.usageEvents, 'customer', id),
      newest('Webhook events', db.webhookDeliveries, 'customer', id),
    ],
  },
  sub: {
    noun: 'Subscription',
    find: (db, id) => db.subscriptions.find(id),
    related: (db, id) => [
      newest('Items', db.subscriptionItems, 'subscription', id),
      newest('Ledger accounts', db.ledgerAccounts, 'subscription', id),
      newest('Ledger entries', db.ledgerEntries, 'subscription', id),
      newest('Usage credits', db.usageCredits, 'subscription', id),
      newest('Invoices', db.invoices, 'subscription', id),
      newest('Billing periods', db.billingPeriods, 'subscription', id),
      newest('Billing runs', db.billingRuns, 'subscription', id),
      newest('Current resource claims', db.resourceClaims, 'subscription', id),
    ],
  },
  si: {
    noun: 'Subscription item',
    find: (db, id) => db.subscriptionItems.find(id),
    related: (db, id) => [newest('Features', db.subscriptionFeatures, 'item', id)],
  },
  sub_feature: { noun: 'Subscription item feature', find: (db, id) => db.subscriptionFeatures.find(id) },
  res_claim: { noun: 'Resource claim', find: (db, id) => db.resourceClaims.find(id) },
  billing_period: { noun: 'Billing period', find: (db, id) => db.billingPeriods.find(id) },
  billing_run: { noun: 'Billing run', find: (db, id) => db.billingRuns.find(id) },
  usage_event: { noun: 'Usage event', find: (db, id) => db.usageEvents.find(id) },
  usage_credit: { noun: 'Usage credit', find: (db, id) => db.usageCredits.find(id) },
  ledger_entry: { noun: 'Ledger entry', find: (db, id) => db.ledgerEntries.find(id) },
  ledger_account: { noun: 'Ledger account', find: (db, id) => db.ledgerAccounts.find(id) },
  pm: { noun: 'Payment method', find: (db, id) => db.paymentMethods.find(id) },
  inv: {
    noun: 'Invoice',
    find: (db, id) => db.invoices.find(id),
    related: (db, id) => [
      newest('Lines', db.invoiceLineItems, 'invoice', id),
      newest('Payments', db.payments, 'invoice', id),
    ],
  },
  inv_li: { noun: 'Invoice line item', find: (db, id) => db.invoiceLineItems.find(id) },
  pym: { noun: 'Payment', find: (db, id) => db.payments.find(id) },
  prch: { noun: 'Purchase', find: (db, id) => db.purchases.find(id) },
  chckt_session: { noun: 'Checkout session', find: (db, id) => db.checkoutSessions.find(id) },
  discount: {
    noun: 'Discount',
    find: (db, id) => db.discounts.find(id),
    related: (db, id) => [newest('Redemptions', db.discountRedemptions, 'discount', id)],
  },
  discount_redemption: { noun: 'Discount redemption', find: (db, id) => db.discountRedemptions.find(id) },
  pricing_model: {
    noun: 'Pricing model',
    find: (db, id) => db.pricingModels.find(id),
    related: (db, id) => [
      newest('Products', db.products, 'model', id),
      newest('Usage meters', db.usageMeters, 'model', id),
      newest('Features', db.features, 'model', id),
      newest('Resources', db.resources, 'model', id),
      newest('Discounts', db.discounts, 'model', id),
      newest('Webhooks', db.webhooks, 'model', id),
    ],
  },
  prod: {
    noun: 'Product',
    find: (db, id) => db.products.find(id),
    related: (db, id) => [
      newest('Prices', db.prices, 'product', id),
      newest('Product features', db.productFeatures, 'product', id),
    ],
  },
  price: { noun: 'Price', find: (db, id) => db.prices.find(id) },
  product_feature: { noun: 'Product feature', find: (db, id) => db.productFeatures.find(id) },
  feature: { noun: 'Feature', find: (db, id) => db.features.find(id) },
  usage_meter: {
    noun: 'Usage meter',
    find: (db, id) => db.usageMeters.find(id),
    related: (db, id) => [newest('Prices', db.prices, 'meter', id)],
  },
  resource: { noun: 'Resource', find: (db, id) => db.resources.find(id) },
  webhook: { noun: 'Webhook', find: (db, id) => db.webhooks.find(id) },
  msg: { noun: 'Webhook event', find: (db, id) => db.webhookDeliveries.find(id) },
}

/** Matches an ID of any kind. The capturing group keeps the IDs in the result of `split`. */
export const objectIds = new RegExp(`\\b((?:${Object.keys(kinds).join('|')})_[0-9A-Za-z]{21})(?![0-9A-Za-z])`)

/** Returns an ID's kind, or undefined if the text isn't an ID. */
export function kindOf(id: string): Kind | undefined {
  const prefix = id.replace(/_[0-9A-Za-z]{21}$/, '')
  return Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined
}
