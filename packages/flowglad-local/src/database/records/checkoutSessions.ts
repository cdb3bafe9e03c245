import type { Base, Metadata } from './base.ts'
import type { BillingAddress } from './customers.ts'

export interface CheckoutSession extends Base {
  pricingModelId: string
  status: 'open' | 'pending' | 'succeeded' | 'failed' | 'expired'
  billingAddress: BillingAddress | null
  priceId: string | null
  purchaseId: string | null
  invoiceId: string | null
  quantity: number
  organizationId: string
  customerName: string | null
  customerEmail: string | null
  customerId: string | null
  paymentMethodType: 'card' | 'link' | 'us_bank_account' | 'sepa_debit' | null
  discountId: string | null
  /** Null if an update removed the URL. */
  successUrl: string | null
  cancelUrl: string | null
  type: 'product' | 'add_payment_method' | 'activate_subscription'
  preserveBillingCycleAnchor: boolean
  outputMetadata: Metadata | null
  outputName: string | null
  targetSubscriptionId: string | null
  automaticallyUpdateSubscriptions: boolean | null
  expires: number
}
