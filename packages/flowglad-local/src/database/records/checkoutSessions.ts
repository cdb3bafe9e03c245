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
  paymentMethodType: 'card' | null
  discountId: string | null
  successUrl: string
  cancelUrl: string
  type: 'product' | 'add_payment_method' | 'activate_subscription'
  preserveBillingCycleAnchor: boolean
  outputMetadata: Metadata | null
  outputName: string | null
  targetSubscriptionId: string | null
  automaticallyUpdateSubscriptions: boolean | null
  expires: number
}
