import type { Customer, PaymentMethod } from '../database/records/customers.ts'
import type { Invoice, Payment } from '../database/records/payments.ts'
import type { BillingPeriod } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { announce } from '../webhooks/announce.ts'
import { takePlannedFailure } from './plannedFailure.ts'

export interface StaticLine {
  description: string
  price: number
  quantity: number
  priceId?: string
}

export interface UsageLine extends StaticLine {
  usage: { ledgerAccountId: string; ledgerAccountCredit: number; billingRunId: string }
}

export type Line = StaticLine | UsageLine

export const totalOf = (lines: readonly Pick<Line, 'price' | 'quantity'>[]) =>
  lines.reduce((sum, line) => sum + line.price * line.quantity, 0)

/** Creates an open invoice. */
export function createInvoice(
  { db, organizationId }: Platform,
  at: number,
  input: {
    customer: Customer
    lines: readonly Line[]
    subscription?: { id: string; period: BillingPeriod; runId: string | null }
    purchaseId?: string
    /** The amount to subtract from the lines' total. */
    discount?: number
  },
): Invoice {
  const { customer, lines, subscription, discount = 0 } = input
  const number = db.invoices.count({ index: 'customer', key: customer.id })
  const invoice = db.invoices.put({
    ...newRecord('inv', at),
    purchaseId: input.purchaseId ?? null,
    invoiceNumber: `${customer.invoiceNumberBase}-${String(number).padStart(5, '0')}`,
    invoiceDate: at,
    billingPeriodId: subscription?.period.id ?? null,
    dueDate: at,
    customerId: customer.id,
    organizationId,
    status: 'open',
    subscriptionId: subscription?.id ?? null,
    billingRunId: subscription?.runId ?? null,
    billingPeriodStartDate: subscription?.period.startDate ?? null,
    billingPeriodEndDate: subscription?.period.endDate ?? null,
    ownerMembershipId: null,
    pdfURL: null,
    receiptPdfURL: null,
    memo: null,
    bankPaymentOnly: false,
    type: subscription ? 'subscription' : 'purchase',
    currency: 'USD',
    taxAmount: subscription ? 0 : null,
    subtotal: totalOf(lines) - discount,
    taxType: null,
    taxCountry: subscription ? null : 'US',
    taxState: null,
    taxRatePercentage: subscription ? null : '0',
    applicationFee: subscription ? null : 0,
    pricingModelId: customer.pricingModelId,
  })
  for (const line of lines) {
    const common = {
      ...newRecord('inv_li', at),
      invoiceId: invoice.id,
      quantity: line.quantity,
      priceId: line.priceId ?? null,
      description: line.description,
      price: line.price,
      pricingModelId: customer.pricingModelId,
    }
    db.invoiceLineItems.put(
      'usage' in line
        ? { ...common, type: 'usage', ...line.usage }
        : { ...common, type: 'static', ledgerAccountId: null, ledgerAccountCredit: null },
    )
  }
  return invoice
}

/** Returns all payments for a billing period, including failed payments. */
export const paymentsInPeriod = (
  { db }: Platform,
  { id, subscriptionId }: Pick<BillingPeriod, 'id' | 'subscriptionId'>,
): Payment[] =>
  db.invoices
    .by('subscription', subscriptionId)
    .filter((invoice) => invoice.billingPeriodId === id)
    .flatMap((invoice) => db.payments.by('invoice', invoice.id))

/** Returns whether the payment has a receipt. A refunded payment keeps its receipt. */
export const hasReceipt = ({ status }: Pick<Payment, 'status'>): boolean =>
  status === 'succeeded' || status === 'refunded'

/** Returns the path of a payment's receipt. */
export const receiptAddress = ({ organizationId, id }: Pick<Payment, 'organizationId' | 'id'>): string =>
  `/receipts/${organizationId}/${id}/receipt.pdf`

/** Makes one attempt to collect `amount` for an invoice. Records a payment even if the attempt fails. */
export function charge(
  platform: Platform,
  at: number,
  input: { invoice: Invoice; amount: number; method: PaymentMethod | null; onSession: boolean },
): Payment {
  const { db } = platform
  const { invoice, amount, method, onSession } = input
  // If the customer is present, the hosted page has already declined a failing card.
  const failed =
    !onSession &&
    (takePlannedFailure(platform, invoice.customerId) || method?.internal.behaviour === 'fails_later')
  const payment = db.payments.put({
    ...newRecord('pym', at),
    amount,
    applicationFee: null,
    billingPeriodId: invoice.billingPeriodId,
    chargeDate: at,
    currency: 'USD',
    customerId: invoice.customerId,
    description: null,
    failureCode: failed ? 'card_declined' : null,
    failureMessage: failed ? 'Your card was declined.' : null,
    invoiceId: invoice.id,
    organizationId: invoice.organizationId,
    paymentMethod: 'card',
    paymentMethodId: method?.id ?? null,
    pricingModelId: invoice.pricingModelId,
    purchaseId: invoice.purchaseId,
    refunded: false,
    refundedAmount: invoice.subscriptionId === null ? null : 0,
    refundedAt: null,
    receiptNumber: null,
    receiptURL: null,
    settlementDate: null,
    status: failed ? 'failed' : 'succeeded',
    subscriptionId: invoice.subscriptionId,
    // For a plan change, `amount` is only the difference, but the platform still records the invoice's
    // subtotal here.
    subtotal: invoice.subtotal,
    taxAmount: 0,
    taxCountry: 'US',
    taxRatePercentage: null,
    taxState: null,
    taxType: null,
  })
  if (!failed) db.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
  announce(platform, at, failed ? 'payment.failed' : 'payment.succeeded', {
    id: payment.id,
    object: 'payment',
    customer: db.customers.get(invoice.customerId),
  })
  return payment
}
