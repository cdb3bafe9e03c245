import type { PaymentMethod } from '../database/records/customers.ts'
import type { BillingRun, Invoice, InvoiceLineItem } from '../database/records/payments.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { discountOn } from '../rules/discount.ts'
import { elapsedFraction } from '../rules/period.ts'
import { proratedPrice } from '../rules/proration.ts'
import { cancelNow } from './cancel.ts'
import { countRedemption, openRedemption } from './discounts.ts'
import { grantPlanCredits } from './grantPlanCredits.ts'
import { charge, createInvoice, type Line, type StaticLine, totalOf } from './invoice.ts'
import { planItemsAt } from './items.ts'
import { overageLines, settleOverage } from './overage.ts'
import { addPeriod, latestPeriod } from './periods.ts'
import { isTerminal } from './subscriptions.ts'

const dayMs = 24 * 60 * 60 * 1000
/** The days until the next attempt after the first, second and third failure. */
const retryAfterDays = [3, 5, 5]

/**
 * Returns the subscription's default card or, if there is none, its backup card. Never returns another card
 * of the customer.
 */
export function paymentMethodOf({ db }: Platform, subscription: Subscription): PaymentMethod | null {
  const id = subscription.defaultPaymentMethodId ?? subscription.backupPaymentMethodId
  return id === null ? null : db.paymentMethods.get(id)
}

/**
 * Returns the card that a billing run charges. Only a subscription's first run can use the customer's default
 * card, and that card doesn't become the subscription's card.
 */
function methodFor(platform: Platform, subscription: Subscription, reason: BillingRun['reason']) {
  const own = paymentMethodOf(platform, subscription)
  if (own || reason !== 'first') return own
  return defaultPaymentMethod(platform, subscription.customerId)
}

export function defaultPaymentMethod({ db }: Platform, customerId: string): PaymentMethod | null {
  const methods = db.paymentMethods.by('customer', customerId)
  return methods.find((method) => method.default) ?? methods[0] ?? null
}

/**
 * Returns a plan's invoice lines for a period. A subscription that starts during a period pays only for the
 * rest of the period.
 */
function planLines(platform: Platform, at: number, subscription: Subscription): StaticLine[] {
  if (!subscription.renews || subscription.status === 'trialing') return []
  const { startDate, currentBillingPeriodStart, currentBillingPeriodEnd } = subscription
  const elapsed = elapsedFraction(startDate, currentBillingPeriodStart, currentBillingPeriodEnd)
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  return planItemsAt(platform, subscription.id, at).map(({ name, unitPrice, quantity }) => {
    const description = name || 'Subscription Item'
    if (elapsed === 0) return { description, price: unitPrice, quantity }
    return {
      description: `Prorated: ${description} - Prorated charge for ${((1 - elapsed) * 100).toFixed(1)}% of billing period (${date(startDate)} to ${date(currentBillingPeriodEnd)})`,
      price: proratedPrice(unitPrice, elapsed),
      quantity,
    }
  })
}

/** Bills a subscription for its current period. If an amount is due, makes the first payment attempt. */
export function runBilling(
  platform: Platform,
  at: number,
  subscription: Subscription,
  { reason, onSession = false }: { reason: BillingRun['reason']; onSession?: boolean },
): void {
  // A plan without billing periods is free, so there is nothing to bill.
  if (!subscription.renews) return
  const { db } = platform
  const period = latestPeriod(platform, subscription.id) ?? addPeriod(platform, at, subscription)
  const run = newRecord('billing_run', at)
  const lines: Line[] = planLines(platform, at, subscription)
  // On the platform, a subscription without a card gets no invoice. A subscription with a card gets an
  // invoice even for $0.
  if (subscription.doNotCharge || !methodFor(platform, subscription, reason)) {
    if (totalOf(lines) === 0) collected(platform, at, subscription, reason)
    else db.subscriptions.patch(subscription.id, { status: 'past_due', updatedAt: at })
    return
  }
  lines.push(...overageLines(platform, subscription, run.id))
  const total = totalOf(lines)
  const redemption = total > 0 ? openRedemption(platform, subscription.id) : undefined
  const discount = redemption ? discountOn(total, redemption) : 0
  const isDue = total > discount
  const invoice = createInvoice(platform, at, {
    customer: db.customers.get(subscription.customerId),
    lines,
    discount,
    subscription: { id: subscription.id, period, runId: isDue ? run.id : null },
  })
  if (!isDue) {
    db.invoices.patch(invoice.id, { status: 'paid', updatedAt: at })
    settleOverage(platform, at, invoice)
    if (redemption) countRedemption(platform, at, redemption)
    collected(platform, at, subscription, reason)
    return
  }
  const scheduled = db.billingRuns.put({
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

const isSettled = ({ status }: BillingRun) => status === 'succeeded' || status === 'replaced'

/** Returns the billing run for the current period, if any. */
function runOfPeriod(platform: Platform, subscription: Subscription): BillingRun | undefined {
  const period = latestPeriod(platform, subscription.id)
  return platform.db.billingRuns
    .by('subscription', subscription.id)
    .findLast(({ billingPeriodId, reason }) => billingPeriodId === period?.id && reason !== 'adjustment')
}

/**
 * Returns whether the current period has a billing run that neither succeeded nor was replaced, or has no
 * invoice because the subscription had no card. Ignores the subscription's status, because undoing a scheduled
 * cancellation sets the status to `active`.
 */
export function isPeriodUnpaid(platform: Platform, subscription: Subscription): boolean {
  const run = runOfPeriod(platform, subscription)
  if (run) return !isSettled(run)
  const period = latestPeriod(platform, subscription.id)
  return (
    period !== undefined &&
    (subscription.trialEnd ?? 0) <= period.startDate &&
    !subscription.doNotCharge &&
    totalOf(planLines(platform, period.startDate, subscription)) > 0 &&
    !platform.db.invoices.by('subscription', subscription.id).some((it) => it.billingPeriodId === period.id)
  )
}

/**
 * Returns whether an open invoice can still be paid, by a scheduled attempt or on the payment page. As on the platform,
 * the invoice of a declined plan change isn't collected later, and neither are the invoices of a subscription that has
 * ended.
 */
export function isCollectible(platform: Platform, invoice: Invoice): boolean {
  const { db } = platform
  const run = db.billingRuns.find(invoice.billingRunId ?? '')
  if (!run || run.reason === 'adjustment' || isSettled(run)) return false
  const subscription = db.subscriptions.get(run.subscriptionId)
  return (
    run.dueAt !== null || (!isTerminal(subscription) && runOfPeriod(platform, subscription)?.id === run.id)
  )
}

/**
 * Collects the payment for the current period while the customer is present. If the period has an unpaid
 * billing run, retries that run.
 */
export function payNow(platform: Platform, at: number, subscription: Subscription): void {
  const run = runOfPeriod(platform, subscription)
  if (!run) runBilling(platform, at, subscription, { reason: 'renewal', onSession: true })
  else if (!isSettled(run)) attemptBillingRun(platform, at, run, { onSession: true })
}

/**
 * Returns the amount, in cents, that activating a subscription charges, and the invoice lines for that
 * amount. A discount makes the amount smaller than the lines' total. `isOverdue` is true if an earlier attempt
 * to collect the amount failed, or wasn't made because there was no card. The subscription's status isn't enough
 * to decide this, because undoing a scheduled cancellation sets it to `active`.
 */
export function dueOnActivation(
  platform: Platform,
  at: number,
  subscription: Subscription,
): {
  amount: number
  isOverdue: boolean
  lines: readonly Pick<
    InvoiceLineItem,
    'description' | 'price' | 'quantity' | 'type' | 'ledgerAccountCredit'
  >[]
} {
  const { db } = platform
  const { status, isFreePlan } = subscription
  const run = runOfPeriod(platform, subscription)
  const isUnpaid = isPeriodUnpaid(platform, subscription)
  const isPaid = run
    ? !isUnpaid
    : !isUnpaid && !isFreePlan && status !== 'incomplete' && status !== 'past_due'
  if (isPaid) return { amount: 0, isOverdue: false, lines: [] }
  if (run)
    return {
      amount: db.invoices.get(run.invoiceId).subtotal,
      isOverdue: true,
      lines: db.invoiceLineItems.by('invoice', run.invoiceId),
    }
  const plan = planLines(platform, at, subscription)
  const overage = overageLines(platform, subscription, '')
  return {
    amount: totalOf([...plan, ...overage]),
    isOverdue: status === 'past_due' || (isUnpaid && status !== 'incomplete'),
    lines: [
      ...plan.map((line) => ({ ...line, type: 'static' as const, ledgerAccountCredit: null })),
      ...overage.map(({ usage, ...line }) => ({ ...line, ...usage, type: 'usage' as const })),
    ],
  }
}

/**
 * Tries to collect a billing run's payment. If the first payment of a paid plan fails, ends the subscription.
 * If a later payment fails, schedules up to three retries.
 */
export function attemptBillingRun(
  platform: Platform,
  at: number,
  run: BillingRun,
  { onSession = false }: { onSession?: boolean } = {},
): void {
  const { db } = platform
  const subscription = db.subscriptions.get(run.subscriptionId)
  const invoice = db.invoices.get(run.invoiceId)
  const method = methodFor(platform, subscription, run.reason)
  const attempts = run.attempts + 1
  const payment = method && charge(platform, at, { invoice, amount: invoice.subtotal, method, onSession })
  if (payment?.status === 'succeeded') {
    db.billingRuns.patch(run.id, { status: 'succeeded', attempts, dueAt: null, updatedAt: at })
    settleOverage(platform, at, invoice)
    const redemption = openRedemption(platform, subscription.id)
    if (redemption) countRedemption(platform, at, redemption)
    collected(platform, at, subscription, run.reason)
    return
  }
  if (!subscription.isFreePlan && !hasPaid(platform, subscription)) {
    db.billingRuns.patch(run.id, { status: 'failed', attempts, dueAt: null, updatedAt: at })
    cancelNow(platform, at, subscription)
    return
  }
  const days = retryAfterDays[attempts - 1]
  db.billingRuns.patch(run.id, {
    status: days === undefined ? 'failed' : 'scheduled',
    attempts,
    dueAt: days === undefined ? null : at + days * dayMs,
    updatedAt: at,
  })
  if (subscription.status !== 'cancellation_scheduled')
    db.subscriptions.patch(subscription.id, { status: 'past_due', updatedAt: at })
}

/**
 * Returns whether the subscription has a successful payment that wasn't refunded. Ignores the billing run's
 * reason, because the first payment after a trial has the reason `renewal`.
 */
const hasPaid = ({ db }: Platform, { id, customerId }: Subscription) =>
  db.payments.by('customer', customerId).some((p) => p.subscriptionId === id && p.status === 'succeeded')

function collected(
  platform: Platform,
  at: number,
  subscription: Subscription,
  reason: BillingRun['reason'],
): void {
  const { db } = platform
  if (subscription.status === 'incomplete' || subscription.status === 'past_due')
    db.subscriptions.patch(subscription.id, { status: 'active', updatedAt: at })
  // When a `doNotCharge` subscription to a paid plan starts, the platform grants no credits.
  if (reason === 'first' && (subscription.isFreePlan || !subscription.doNotCharge))
    grantPlanCredits(platform, at, subscription, { renewal: false })
}
