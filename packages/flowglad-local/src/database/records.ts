import type { Flowglad } from '@flowglad/node'

/*
 * What the platform keeps. A record that Flowglad shows has exactly the fields it shows (the presenting functions in
 * api/ are checked against the SDK's own types); fields that never leave the server are grouped under `internal`.
 * Times are epoch milliseconds, money is in cents, amounts of usage are whole units.
 */

interface Base {
  id: string
  createdAt: number
  updatedAt: number
  livemode: boolean
}

export type Interval = 'day' | 'week' | 'month' | 'year'
export type Metadata = Record<string, string | number | boolean>

export interface PricingModel extends Base {
  organizationId: string
  isDefault: boolean
  name: string
}

export interface UsageMeter extends Base {
  organizationId: string
  name: string
  pricingModelId: string
  slug: string
  aggregationType: 'sum' | 'count_distinct_properties'
}

export interface Feature extends Base {
  organizationId: string
  type: 'toggle' | 'usage_credit_grant' | 'resource'
  slug: string
  name: string
  description: string
  amount: number | null
  usageMeterId: string | null
  renewalFrequency: 'once' | 'every_billing_period' | null
  pricingModelId: string
  resourceId: string | null
  active: boolean
}

export interface Product extends Base {
  name: string
  description: string | null
  imageURL: string | null
  organizationId: string
  active: boolean
  singularQuantityLabel: string | null
  pluralQuantityLabel: string | null
  pricingModelId: string
  default: boolean
  slug: string | null
}

export interface ProductFeature extends Base {
  productId: string
  featureId: string
  expiredAt: number | null
}

export interface Price extends Base {
  type: 'subscription' | 'single_payment' | 'usage'
  name: string | null
  slug: string | null
  unitPrice: number
  intervalUnit: Interval | null
  intervalCount: number | null
  trialPeriodDays: number | null
  isDefault: boolean
  active: boolean
  usageEventsPerUnit: number | null
  productId: string | null
  usageMeterId: string | null
  currency: 'USD'
  pricingModelId: string
}

export interface Resource extends Base {
  organizationId: string
  pricingModelId: string
  slug: string
  name: string
  active: boolean
}

export interface ResourceClaim extends Base {
  organizationId: string
  pricingModelId: string
  resourceId: string
  subscriptionId: string
  externalId: string | null
  metadata: Metadata | null
  claimedAt: number
  releasedAt: number | null
  releaseReason: string | null
  expiredAt: number | null
}

export type BillingAddress = Flowglad.BillingAddress

export interface Customer extends Base {
  organizationId: string
  email: string
  name: string
  invoiceNumberBase: string
  archived: boolean
  logoURL: string | null
  iconURL: string | null
  domain: string | null
  billingAddress: BillingAddress | null
  externalId: string
  userId: string | null
  pricingModelId: string
}

type SubscriptionStatus = Flowglad.StandardSubscriptionRecord['status']

export interface Subscription extends Base {
  startDate: number
  customerId: string
  organizationId: string
  status: SubscriptionStatus
  defaultPaymentMethodId: string | null
  backupPaymentMethodId: string | null
  trialEnd: number | null
  currentBillingPeriodStart: number
  currentBillingPeriodEnd: number
  metadata: Metadata | null
  canceledAt: number | null
  cancelScheduledAt: number | null
  cancellationReason: string | null
  replacedBySubscriptionId: string | null
  isFreePlan: boolean
  doNotCharge: boolean
  priceId: string
  runBillingAtPeriodStart: boolean
  interval: Interval
  intervalCount: number
  billingCycleAnchorDate: number
  name: string
  renews: true
  pricingModelId: string
  scheduledAdjustmentAt: number | null
}

export interface SubscriptionItem extends Base {
  subscriptionId: string
  name: string | null
  addedDate: number
  priceId: string
  unitPrice: number
  quantity: number
  metadata: Metadata | null
  type: 'static'
  externalId: string | null
  expiredAt: number | null
  manuallyCreated: boolean
  pricingModelId: string
}

export interface SubscriptionFeature extends Base {
  subscriptionItemId: string
  featureId: string
  productFeatureId: string | null
  type: Feature['type']
  amount: number | null
  usageMeterId: string | null
  renewalFrequency: Feature['renewalFrequency']
  expiredAt: number | null
  detachedAt: number | null
  detachedReason: string | null
  manuallyCreated: boolean
  pricingModelId: string
  resourceId: string | null
  name: string
  slug: string
}

export interface BillingPeriod extends Base {
  subscriptionId: string
  startDate: number
  endDate: number
}

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

export interface UsageEvent extends Base {
  customerId: string
  subscriptionId: string
  usageMeterId: string
  /** Null after an immediate cancellation and before the first payment: there is no period then. */
  billingPeriodId: string | null
  amount: number
  usageDate: number
  transactionId: string
  priceId: string
  properties: Record<string, unknown>
  pricingModelId: string
}

/** A grant of units. `remaining` is what usage has not consumed yet. */
export interface UsageCredit extends Base {
  subscriptionId: string
  usageMeterId: string
  billingPeriodId: string | null
  issued: number
  remaining: number
  expiresAt: number | null
  expired: boolean
  source: 'plan' | 'adjustment' | 'purchase' | 'overage_settlement'
}

export interface LedgerEntry extends Base {
  subscriptionId: string
  usageMeterId: string
  type: 'credit_grant_recognized' | 'usage_cost' | 'credit_grant_expired'
  /** Signed: grants add, usage and expiry take away. */
  amount: number
  usageEventId: string | null
  usageCreditId: string | null
  priceId: string | null
  /** Of a usage cost: the part that no credit covered and no invoice has settled yet. */
  outstanding: number
  description: string
}

/** Sum of a subscription's ledger entries for one meter: Flowglad's `availableBalance`. */
export interface LedgerAccount extends Base {
  subscriptionId: string
  usageMeterId: string
  balance: number
}

export interface PaymentMethod extends Base {
  customerId: string
  pricingModelId: string
  billingDetails: Flowglad.PaymentMethodClientSelectSchema['billingDetails']
  type: 'card'
  default: boolean
  paymentMethodData: Record<string, unknown>
  metadata: Metadata | null
  internal: { behaviour: 'pays' | 'fails_later' }
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

export interface Discount extends Base {
  name: string
  /** In capitals. */
  code: string
  /** Cents, or a percentage. */
  amount: number
  amountType: 'percent' | 'fixed'
  active: boolean
  duration: 'once' | 'number_of_payments' | 'forever'
  numberOfPayments: number | null
  organizationId: string
  pricingModelId: string
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

/** Where events go that an application asked for through the API. */
export interface Webhook extends Base {
  organizationId: string
  pricingModelId: string
  name: string
  url: string
  filterTypes: string[]
  active: boolean
  internal: { secret: string }
}

export interface WebhookDelivery extends Base {
  /** The webhook it goes to; null is the receiver that the server was started with. */
  webhookId: string | null
  type: string
  payload: string
  /** `kept` when there was nobody to send it to. */
  state: 'kept' | 'pending' | 'delivered' | 'failed'
  attempts: number
  nextAttemptAt: number
  lastStatus: number | null
  lastError: string | null
}

/** Facts about the installation itself: organization id, clock, which pricing was installed. */
export interface Setting {
  id: 'organizationId' | 'clockOffsetMs' | 'pricing'
  value: string
}
