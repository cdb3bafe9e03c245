import type { Flowglad } from '@flowglad/node'
import type { Interval } from '../../rules/period.ts'
import type { Base, Metadata } from './base.ts'
import type { BillingAddress } from './customers.ts'
import type { Discount } from './pricing.ts'
import type { SubscriptionItem } from './subscriptions.ts'

/** One or more attempts to collect the payment for a subscription's invoice. */
export interface BillingRun extends Base {
  subscriptionId: string
  billingPeriodId: string
  invoiceId: string
  /**
   * A `first` run starts a subscription, a `renewal` run continues it, and an `adjustment` run collects the
   * cost of a plan change.
   */
  reason: 'first' | 'renewal' | 'adjustment'
  /** `replaced` means that a plan change has charged for the period and the overage instead. */
  status: 'scheduled' | 'succeeded' | 'failed' | 'abandoned' | 'replaced'
  attempts: number
  /** The time of the next attempt, or null if no attempt is planned. */
  dueAt: number | null
  /** The plan change that an `adjustment` run pays for. Missing in files of older versions. */
  change?: PlanChange
}

type ChangedItem = Pick<SubscriptionItem, 'priceId' | 'name' | 'unitPrice' | 'quantity'>

/** The facts that the pages need to explain a plan change's price. The platform's invoice doesn't name the plans. */
export interface PlanChange {
  from: ChangedItem[]
  to: ChangedItem[]
  /** The fraction of the period that had passed. */
  elapsed: number
  /** The amount already paid for the period, and the amount that retries were going to collect. */
  paid: number
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

/** An invoice line for a plan, a purchase or overage. Paying for overage grants `ledgerAccountCredit` units. */
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

/** A copy of a discount's terms at the time of purchase. */
export interface DiscountRedemption extends Base {
  discountId: string
  subscriptionId: string | null
  purchaseId: string | null
  amount: number
  amountType: Discount['amountType']
  /** The number of further payments that the discount reduces, or null if the discount never ends. */
  paymentsLeft: number | null
}
