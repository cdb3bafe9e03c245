import type {
  BillingPeriod,
  BillingRun,
  Customer,
  Invoice,
  Payment,
  PaymentMethod,
  Subscription,
} from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'
import { overageUnits } from '../rules/credits.ts'
import { elapsedFraction } from '../rules/period.ts'
import { proratedPrice } from '../rules/proration.ts'
import { announce } from '../webhooks/announce.ts'
import { cancelNow } from './cancel.ts'
import { grantCredits } from './ledger.ts'
import { addPeriod, grantPlanCredits, itemsAt, latestPeriod } from './subscriptions.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Days until the next attempt, after the first, second and third failure. */
const retryAfterDays = [3, 5, 5]

interface StaticLine {
  description: string
  price: number
  quantity: number
  priceId?: string
}

interface UsageLine extends StaticLine {
  usage: { ledgerAccountId: string; ledgerAccountCredit: number; billingRunId: string }
}

type Line = StaticLine | UsageLine

const totalOf = (lines: readonly Line[]) => lines.reduce((sum, line) => sum + line.price * line.quantity, 0)

export function createInvoice(
  { books, organizationId }: Platform,
  at: number,
  input: {
    customer: Customer
    lines: readonly Line[]
    subscription?: { id: string; period: BillingPeriod; runId: string | null }
    purchaseId?: string
  },
): Invoice {
  const { customer, lines, subscription } = input
  const number = books.invoices.by('customer', customer.id).length
  const invoice = books.invoices.put({
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
    subtotal: totalOf(lines),
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
    books.invoiceLineItems.put(
      'usage' in line
        ? { ...common, type: 'usage', ...line.usage }
        : { ...common, type: 'static', ledgerAccountId: null, ledgerAccountCredit: null },
    )
  }
  return invoice
}

/** One attempt to collect `amount` for an invoice. The payment stands in the books whether it succeeds or fails. */
export function charge(
  platform: Platform,
  at: number,
  input: { invoice: Invoice; amount: number; method: PaymentMethod | null; onSession: boolean },
): Payment {
  const { books } = platform
  const { invoice, amount, method, onSession } = input
  const failed = !onSession && method?.internal.behaviour === 'fails_later'
  const payment = books.payments.put({
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
    // What the invoice says, of which a change of plan collects only the difference.
    subtotal: invoice.subtotal,
    taxAmount: 0,
    taxCountry: 'US',
    taxRatePercentage: null,
    taxState: null,
    taxType: null,
  })
  if (!failed) books.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
  announce(platform, at, failed ? 'payment.failed' : 'payment.succeeded', {
    id: payment.id,
    object: 'payment',
    customer: books.customers.get(invoice.customerId),
  })
  return payment
}

/** Usage that no credit covered and that has a price, by meter and price: what the next invoice charges for. */
function overageLines({ books }: Platform, subscription: Subscription, billingRunId: string): UsageLine[] {
  const outstanding = new Map<string, { usageMeterId: string; priceId: string; amount: number }>()
  for (const entry of books.ledgerEntries.by('outstanding', subscription.id)) {
    if (!entry.priceId || books.prices.get(entry.priceId).unitPrice === 0) continue
    const key = `${entry.usageMeterId} ${entry.priceId}`
    const sum = outstanding.get(key) ?? {
      usageMeterId: entry.usageMeterId,
      priceId: entry.priceId,
      amount: 0,
    }
    outstanding.set(key, { ...sum, amount: sum.amount + entry.outstanding })
  }
  return Array.from(outstanding.values(), ({ usageMeterId, priceId, amount }) => {
    const price = books.prices.get(priceId)
    const perUnit = price.usageEventsPerUnit ?? 1
    const account = books.ledgerAccounts.first('account', `${subscription.id}\u0000${usageMeterId}`)
    if (!account) throw new Error(`${subscription.id} has usage of ${usageMeterId} but no account`)
    return {
      description: `Usage: ${books.usageMeters.get(usageMeterId).name} at $${(price.unitPrice / 100).toFixed(2)} per ${perUnit}`,
      price: price.unitPrice,
      quantity: overageUnits(amount, perUnit),
      priceId,
      usage: { ledgerAccountId: account.id, ledgerAccountCredit: amount, billingRunId },
    }
  })
}

/** A paid overage line gives back exactly the units it charged for, so that the new period starts at its grants. */
function settleOverage(platform: Platform, at: number, invoice: Invoice): void {
  const { books } = platform
  for (const line of books.invoiceLineItems.by('invoice', invoice.id)) {
    if (line.type !== 'usage') continue
    const { subscriptionId, usageMeterId } = books.ledgerAccounts.get(line.ledgerAccountId)
    let left = line.ledgerAccountCredit
    for (const entry of books.ledgerEntries.by('outstanding', subscriptionId)) {
      if (entry.usageMeterId !== usageMeterId || entry.priceId !== line.priceId || left === 0) continue
      const settled = Math.min(left, entry.outstanding)
      books.ledgerEntries.patch(entry.id, { outstanding: entry.outstanding - settled, updatedAt: at })
      left -= settled
    }
    grantCredits(platform, at, {
      subscriptionId,
      usageMeterId,
      amount: line.ledgerAccountCredit,
      expiresAt: null,
      billingPeriodId: invoice.billingPeriodId,
      source: 'overage_settlement',
      description: `Settled by invoice ${invoice.invoiceNumber}`,
    })
  }
}

/** The card that pays for a subscription: its own, never another of the customer's. */
export function paymentMethodOf({ books }: Platform, subscription: Subscription): PaymentMethod | null {
  const id = subscription.defaultPaymentMethodId ?? subscription.backupPaymentMethodId
  return id === null ? null : books.paymentMethods.get(id)
}

/** The card that a run charges. Only the first may take a saved one, which does not become the subscription's own. */
function methodFor(platform: Platform, subscription: Subscription, reason: BillingRun['reason']) {
  const own = paymentMethodOf(platform, subscription)
  if (own || reason !== 'first') return own
  return defaultPaymentMethod(platform, subscription.customerId)
}

export function defaultPaymentMethod({ books }: Platform, customerId: string): PaymentMethod | null {
  const methods = books.paymentMethods.by('customer', customerId)
  return methods.find((method) => method.default) ?? methods[0] ?? null
}

/** What a plan costs in a period. A subscription that takes over in the middle of one pays for the rest of it. */
function planLines(platform: Platform, at: number, subscription: Subscription, period: BillingPeriod) {
  if (subscription.status === 'trialing') return []
  const { startDate } = subscription
  const elapsed = elapsedFraction(startDate, period.startDate, period.endDate)
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  return itemsAt(platform, subscription.id, at).map(({ name, unitPrice, quantity }): StaticLine => {
    const description = name ?? subscription.name
    if (elapsed === 0) return { description, price: unitPrice, quantity }
    return {
      description: `Prorated: ${description} - Prorated charge for ${((1 - elapsed) * 100).toFixed(1)}% of billing period (${date(startDate)} to ${date(period.endDate)})`,
      price: proratedPrice(unitPrice, elapsed),
      quantity,
    }
  })
}

/** Bills a subscription for its current period and makes the first attempt to collect. */
export function runBilling(
  platform: Platform,
  at: number,
  subscription: Subscription,
  { reason, onSession = false }: { reason: BillingRun['reason']; onSession?: boolean },
): void {
  const { books } = platform
  const period = latestPeriod(platform, subscription.id) ?? addPeriod(platform, at, subscription)
  const run = newRecord('billing_run', at)
  const lines: Line[] = planLines(platform, at, subscription, period)
  // As on the platform: nobody to charge, no invoice, and one of nothing where there is somebody.
  if (subscription.doNotCharge || !methodFor(platform, subscription, reason)) {
    if (totalOf(lines) === 0) collected(platform, at, subscription, reason)
    else books.subscriptions.patch(subscription.id, { status: 'past_due', updatedAt: at })
    return
  }
  if (reason === 'renewal') lines.push(...overageLines(platform, subscription, run.id))
  const isDue = totalOf(lines) > 0
  const invoice = createInvoice(platform, at, {
    customer: books.customers.get(subscription.customerId),
    lines,
    subscription: { id: subscription.id, period, runId: isDue ? run.id : null },
  })
  if (!isDue) {
    books.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
    collected(platform, at, subscription, reason)
    return
  }
  const scheduled = books.billingRuns.put({
    ...run,
    subscriptionId: subscription.id,
    billingPeriodId: period.id,
    invoiceId: invoice.id,
    reason,
    status: 'scheduled',
    attempts: 0,
    dueAt: at,
  })
  attemptBillingRun(platform, at, scheduled, { onSession })
}

/** Tries to collect what a run is about; a failure of the first payment ends the subscription, later ones are retried. */
export function attemptBillingRun(
  platform: Platform,
  at: number,
  run: BillingRun,
  { onSession = false }: { onSession?: boolean } = {},
): void {
  const { books } = platform
  const subscription = books.subscriptions.get(run.subscriptionId)
  const invoice = books.invoices.get(run.invoiceId)
  const method = methodFor(platform, subscription, run.reason)
  const attempts = run.attempts + 1
  const payment = method && charge(platform, at, { invoice, amount: invoice.subtotal, method, onSession })
  if (payment?.status === 'succeeded') {
    books.billingRuns.patch(run.id, { status: 'succeeded', attempts, dueAt: null, updatedAt: at })
    settleOverage(platform, at, invoice)
    collected(platform, at, subscription, run.reason)
    return
  }
  if (!subscription.isFreePlan && !hasPaid(platform, subscription)) {
    books.billingRuns.patch(run.id, { status: 'failed', attempts, dueAt: null, updatedAt: at })
    cancelNow(platform, at, subscription)
    return
  }
  const days = retryAfterDays[attempts - 1]
  books.billingRuns.patch(run.id, {
    status: days === undefined ? 'failed' : 'scheduled',
    attempts,
    dueAt: days === undefined ? null : at + days * dayMs,
    updatedAt: at,
  })
  if (subscription.status !== 'cancellation_scheduled')
    books.subscriptions.patch(subscription.id, { status: 'past_due', updatedAt: at })
}

/** Whether any payment for the subscription went through: after a trial the first one is that of a renewal. */
const hasPaid = ({ books }: Platform, { id, customerId }: Subscription) =>
  books.payments.by('customer', customerId).some((p) => p.subscriptionId === id && p.status !== 'failed')

function collected(
  platform: Platform,
  at: number,
  subscription: Subscription,
  reason: BillingRun['reason'],
): void {
  const { books } = platform
  if (subscription.status === 'incomplete' || subscription.status === 'past_due')
    books.subscriptions.patch(subscription.id, { status: 'active', updatedAt: at })
  // The platform gives a subscription that is never charged no credits.
  if (reason === 'first' && !subscription.doNotCharge)
    grantPlanCredits(platform, at, subscription, { renewal: false })
}
