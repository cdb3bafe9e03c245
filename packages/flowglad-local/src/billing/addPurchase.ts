import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { BillingAddress, Customer } from '../database/records/customers.ts'
import type { Purchase } from '../database/records/payments.ts'
import type { Product } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import type { CheckoutDetails } from './completeCheckout.ts'

export interface Paid {
  session: CheckoutSession
  customer: Customer
  details: CheckoutDetails
  billingAddress: BillingAddress
}

export function addPurchase(
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
  const { db, organizationId } = platform
  return db.purchases.put({
    ...newRecord('prch', at),
    name: session.outputName ?? product.name,
    status: 'paid',
    customerId: customer.id,
    organizationId,
    billingCycleAnchor: null,
    ...terms,
    // The platform always records 1, regardless of the session's quantity.
    quantity: 1,
    bankPaymentOnly: false,
    purchaseDate: at,
    endDate: null,
    proposal: null,
    archived: false,
    billingAddress,
    metadata: session.outputMetadata,
    pricingModelId: customer.pricingModelId,
    position: db.purchases.count() + 1,
  })
}
