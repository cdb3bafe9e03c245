import type { Flowglad } from '@flowglad/node'
import type { Interval } from '../../rules/period.ts'
import type { Base, Metadata } from './base.ts'
import type { BillingAddress } from './customers.ts'
import type { Discount } from './pricing.ts'

/** One attempt, or series of attempts, to collect what a subscription owes. */
export interface BillingRun extends Base {
  subscriptionId: string
  billingPeriodId: string
  invoiceId: string
  /** `first` runs start a subscription, `renewal` runs continue it, `adjustment` runs collect what a change costs. */
  reason: 'first' | 'renewal' | 'adjustment'
  status: 'scheduled' | 'succeeded' | 'failed' | 'abandoned'
  attempts: number
  /** When the next attempt is due; null when none is. */
  dueAt: number | null
}

export interface Invoice extends Base {
  purchaseId: string | null
  invoiceNumber: string
  invoiceDate: number
  billingPeriodId: string | null
  dueDate: number | null
  customerId: string
  organizationId: string
  status: Flowglad.SubscriptionInvoiceClientSelectSchema['status']
  subscriptionId: string | null
  billingRunId: string | null
  billingPeriodStartDate: number | null
  billingPeriodEndDate: number | null
  ownerMembershipId: string | null
  pdfURL: string | null
  receiptPdfURL: string | null
  memo: string | null
  bankPaymentOnly: boolean
  type: 'subscription' | 'purchase'
  currency: 'USD'
  taxAmount: number | null
  subtotal: number
  taxType: null
  taxCountry: 'US' | null
  taxState: string | null
  taxRatePercentage: string | null
  applicationFee: number | null
  pricingModelId: string
}

interface LineBase extends Base {
  invoiceId: string
  quantity: number
  priceId: string | null
  description: string
  price: number
  pricingModelId: string
}

/** A line of a plan or purchase, or of usage beyond the credits: `ledgerAccountCredit` is what paying it gives back. */
export type InvoiceLineItem =
  | (LineBase & { type: 'static'; ledgerAccountId: null; ledgerAccountCredit: null })
  | (LineBase & { type: 'usage'; ledgerAccountId: string; ledgerAccountCredit: number; billingRunId: string })

export interface Payment extends Base {
  amount: number
  applicationFee: number | null
  billingPeriodId: string | null
  chargeDate: number
  currency: 'USD'
  customerId: string
  description: string | null
  failureCode: string | null
  failureMessage: string | null
  invoiceId: string
  organizationId: string
  paymentMethod: 'card'
  paymentMethodId: string | null
  pricingModelId: string
  purchaseId: string | null
  refunded: boolean
  refundedAmount: number | null
  refundedAt: number | null
  receiptNumber: string | null
  receiptURL: string | null
  settlementDate: number | null
  status: Flowglad.PaymentClientSelectSchema['status']
  subscriptionId: string | null
  subtotal: number | null
  taxAmount: number | null
  taxCountry: 'US' | null
  taxRatePercentage: string | null
  taxState: string | null
  taxType: null
}

export interface Purchase extends Base {
  name: string
  status: 'open' | 'pending' | 'failed' | 'paid' | 'refunded' | 'partial_refund' | 'fraudulent'
  customerId: string
  organizationId: string
  billingCycleAnchor: number | null
  priceId: string
  quantity: number
  priceType: 'subscription' | 'single_payment'
  trialPeriodDays: number | null
  pricePerBillingCycle: number | null
  intervalUnit: Interval | null
  intervalCount: number | null
  firstInvoiceValue: number
  totalPurchaseValue: number | null
  bankPaymentOnly: boolean
  purchaseDate: number
  endDate: number | null
  proposal: null
  archived: boolean
  billingAddress: BillingAddress | null
  metadata: Metadata | null
  pricingModelId: string
  position: number
}

/** A discount as it was when somebody bought with it. */
export interface DiscountRedemption extends Base {
  discountId: string
  subscriptionId: string | null
  purchaseId: string | null
  amount: number
  amountType: Discount['amountType']
  /** How many payments it still makes less; null when it never ends. */
  paymentsLeft: number | null
}
