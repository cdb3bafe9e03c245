import type { PlanOffer } from '../contract/plans.ts'
import type { PaymentItem, PaymentMethodSummary, PaymentRow, PlanChangeParts } from '../contract/statement.ts'
import type { BillingReport, ReportedInvoice } from '../flowglad/billingReport.ts'
import type { Payment } from '../flowglad/customerPayments.ts'

/**
 * Flowglad uses these texts to mark the invoice lines of plan changes, and of plans that start within a
 * period.
 */
const planChangePrefix = 'Proration:'
const proratedPrefix = 'Prorated: '
const proratedSuffix = ' - Prorated charge'

/** A customer's payments, the plans for sale, and Flowglad's report on the same customer. */
export interface Paid {
  payments: Payment[]
  offers: readonly PlanOffer[]
  report: BillingReport
}

/** Returns a customer's payments for display. */
export function paymentRows(paid: Paid): PaymentRow[] {
  const { payments, report } = paid
  return payments.map((payment): PaymentRow => {
    const found = report.invoices.find(({ invoice }) => invoice.id === payment.invoiceId)
    const refunded = payment.refundedAmount ?? 0
    return {
      id: payment.id,
      at: payment.chargeDate,
      amount: payment.amount,
      currency: payment.currency,
      status: statusOf(payment),
      refunded: payment.refunded || payment.status === 'refunded' ? refunded || payment.amount : refunded,
      refundedAt: payment.refundedAt ?? null,
      method:
        methodOf(report, payment.paymentMethodId) ??
        (payment.paymentMethod ? { type: payment.paymentMethod, brand: null, last4: null } : null),
      items: found ? itemsOf(payment, found, paid) : [],
      invoiceNumber: found?.invoice.invoiceNumber ?? null,
      pdfUrl: webAddress(payment.receiptURL ?? found?.invoice.receiptPdfURL ?? found?.invoice.pdfURL),
    }
  })
}

/** Returns one of the customer's payment methods for display, or null if it no longer exists. */
export function methodOf(
  { paymentMethods }: BillingReport,
  id: string | null | undefined,
): PaymentMethodSummary | null {
  const method = paymentMethods.find((method) => method.id === id)
  if (!method) return null
  const { brand, last4 } = method.paymentMethodData ?? {}
  return { type: method.type, brand: brand ?? null, last4: last4 ?? null }
}

export function statusOf({ status }: Payment): PaymentRow['status'] {
  if (status === 'succeeded' || status === 'refunded') return 'paid'
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending'
}

function itemsOf(payment: Payment, found: ReportedInvoice, paid: Paid): PaymentItem[] {
  const { report } = paid
  const { invoice, invoiceLineItems } = found
  // A plan change's invoice repeats lines that the customer has already paid for, so show only one item.
  if (invoiceLineItems.some(isPlanChange)) {
    const target = targetOf(payment, found, paid)
    return [
      {
        kind: 'planChange',
        to: target?.name ?? null,
        until: invoice.billingPeriodEndDate ?? null,
        parts: target && partsOf(payment, target, found),
        amount: payment.amount,
      },
    ]
  }
  const items = invoiceLineItems.map((line): PaymentItem => {
    const description = line.description ?? ''
    const price = line.price * line.quantity
    if (line.type === 'usage') {
      const meter = report.pricingModel.usageMeters.find(({ prices }) =>
        prices?.some(({ id }) => id === line.priceId),
      )
      const units = line.ledgerAccountCredit ?? line.quantity
      const slug = meter?.slug ?? null
      const plan = planOfUsage(slug, before(invoice, report), paid)
      return { kind: 'overage', meter: slug, plan, units, amount: price }
    }
    if (invoice.type === 'purchase')
      return { kind: 'pack', name: nameOf(description, line.price, report), amount: price }
    return {
      kind: 'plan',
      name: planNameOf(line, report),
      from: invoice.billingPeriodStartDate ?? null,
      to: invoice.billingPeriodEndDate ?? null,
      prorated: description.startsWith(proratedPrefix),
      amount: price,
    }
  })
  // An invoice's lines don't include its discount, so compute the discount from the subtotal.
  const total = items.reduce((sum, { amount }) => sum + amount, 0)
  const discount = total - (invoice.subtotal ?? total)
  return discount > 0 ? [...items, { kind: 'discount', amount: -discount }] : items
}

/** Returns whether the invoice line charges a plan change. */
export const isPlanChange = ({ description }: ReportedInvoice['invoiceLineItems'][number]): boolean =>
  description?.startsWith(planChangePrefix) === true

/** Returns the name of the plan on an invoice line. */
export function planNameOf(
  { description, price }: ReportedInvoice['invoiceLineItems'][number],
  report: BillingReport,
): string {
  const text = description ?? ''
  const plan = text.startsWith(proratedPrefix)
    ? (text.slice(proratedPrefix.length).split(proratedSuffix)[0] ?? text)
    : text
  return nameOf(plan, price, report)
}

/** Returns the invoices of the subscription's period that ended when the invoice's period began. */
const before = (
  { subscriptionId, billingPeriodStartDate }: ReportedInvoice['invoice'],
  report: BillingReport,
) =>
  report.invoices.filter(
    ({ invoice }) =>
      invoice.subscriptionId === subscriptionId &&
      typeof billingPeriodStartDate === 'number' &&
      invoice.billingPeriodEndDate === billingPeriodStartDate,
  )

/**
 * Returns the plan whose grants the customer's usage of the meter exceeded in a period. `inPeriod` contains the period's
 * invoices. After a change to a plan that limits the meter too, or to an unknown plan, returns null.
 */
export function planOfUsage(meter: string | null, inPeriod: ReportedInvoice[], paid: Paid): string | null {
  const { payments, offers, report } = paid
  const isChange = ({ invoiceLineItems }: ReportedInvoice) => invoiceLineItems.some(isPlanChange)
  const isUnlimitedAfter = (change: ReportedInvoice) => {
    const attempts = payments.filter(({ invoiceId }) => invoiceId === change.invoice.id)
    const payment = attempts.find((attempt) => statusOf(attempt) !== 'failed')
    if (!payment) return attempts.length > 0
    const to = targetOf(payment, change, paid)?.name
    return offers.some(({ name, unlimited }) => name === to && unlimited.some((slug) => slug === meter))
  }
  if (!inPeriod.filter(isChange).every(isUnlimitedAfter)) return null
  const names = inPeriod
    .filter((it) => !isChange(it))
    .flatMap(({ invoiceLineItems }) => invoiceLineItems)
    .filter(({ type }) => type !== 'usage')
    .map((line) => planNameOf(line, report))
  const [name = null] = names
  return new Set(names).size === 1 ? name : null
}

/** The plan that a plan change started. */
interface Target {
  name: string
  /** The plan's price for a whole period. null if it is unknown. */
  price: number | null
  startedAt: number
}

function targetOf(payment: Payment, found: ReportedInvoice, { payments, report }: Paid): Target | null {
  const index = payments.indexOf(payment)
  return (
    planAfter(payment, payments.slice(0, index), report) ??
    planByAmount(payment, payments.slice(index + 1), found, report)
  )
}

/**
 * Returns the parts of a plan change's price. Flowglad reports only the price, so this computes the new plan's share as
 * Flowglad does. With a discount, the payment differs from the price, and the parts are unknown.
 */
function partsOf(
  payment: Payment,
  { price, startedAt }: Target,
  { invoice, invoiceLineItems }: ReportedInvoice,
): PlanChangeParts | null {
  const { billingPeriodStartDate: start, billingPeriodEndDate: end } = invoice
  if (price === null || statusOf(payment) === 'failed') return null
  if (typeof start !== 'number' || typeof end !== 'number' || end <= start) return null
  // The invoice also repeats the lines of earlier changes.
  if (invoiceLineItems.findLast(isPlanChange)?.price !== payment.amount) return null
  const plan = Math.round(price * (1 - (startedAt - start) / (end - start)))
  return plan > payment.amount ? { plan, credit: plan - payment.amount } : null
}

/** After a plan change's payment has succeeded, Flowglad can take a minute to add the new plan's items. */
const changeMs = 5 * 60_000

/** Returns the plan that began with the payment, if it is still the current plan. */
function planAfter(
  payment: Payment,
  newer: Payment[],
  { currentSubscription, pricingModel }: BillingReport,
): Target | null {
  const { subscriptionId, chargeDate } = payment
  // A declined change started no plan.
  if (statusOf(payment) === 'failed') return null
  if (!currentSubscription || currentSubscription.id !== subscriptionId) return null
  const isSoonAfter = (time: number | null | undefined) =>
    typeof time === 'number' && Math.abs(time - chargeDate) <= changeMs
  // If a newer payment may have changed the plan again, it is unknown which plan this payment started.
  if (newer.some((later) => later.subscriptionId === subscriptionId && isSoonAfter(later.chargeDate))) {
    return null
  }
  const items = (currentSubscription.subscriptionItems ?? []).filter(({ addedDate }) =>
    isSoonAfter(addedDate),
  )
  const name = productOf(pricingModel, items[0]?.priceId)?.name
  if (name === undefined) return null
  const price = items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0)
  return { name, price, startedAt: items[0]?.addedDate ?? chargeDate }
}

/**
 * Returns the plan whose price explains the amount of a plan change, if there is only one.
 * Neither the invoice nor the report names the plan if it has ended, or if it was later changed again. The
 * amount is the earlier plan's price for the elapsed time, plus the new plan's price for the remaining time,
 * minus the payments for this period.
 */
function planByAmount(
  { chargeDate, subscriptionId }: Payment,
  older: Payment[],
  { invoice, invoiceLineItems }: ReportedInvoice,
  { invoices, pricingModel: { products } }: BillingReport,
): Target | null {
  const { billingPeriodStartDate: start, billingPeriodEndDate: end } = invoice
  if (typeof start !== 'number' || typeof end !== 'number' || end <= start) return null
  const inPeriod = invoices.filter(
    (it) => it.invoice.subscriptionId === subscriptionId && it.invoice.billingPeriodStartDate === start,
  )
  const paidFor = new Set(older.filter((it) => statusOf(it) === 'paid').map((it) => it.invoiceId))
  const isPaid = (it: ReportedInvoice) => paidFor.has(it.invoice.id)
  const paid = older
    .filter((it) => statusOf(it) === 'paid' && inPeriod.some(({ invoice }) => invoice.id === it.invoiceId))
    .reduce((sum, { amount }) => sum + amount, 0)
  // While Flowglad retries an unpaid renewal, the renewal counts as paid.
  const renewal = inPeriod.find((it) => !isPaid(it) && !it.invoiceLineItems.some(isPlanChange))
  const counted = renewal ? [paid, paid + (renewal.invoice.subtotal ?? 0)] : [paid]
  // The invoice also repeats the lines of earlier changes.
  const charge = invoiceLineItems.findLast(isPlanChange)?.price ?? 0
  const elapsed = Math.min(1, Math.max(0, (chargeDate - start) / (end - start)))
  const plans = products.flatMap(({ name, prices }) =>
    prices.filter(({ type }) => type === 'subscription').map(({ unitPrice }) => ({ name, unitPrice })),
  )
  const matching = plans.filter((to) =>
    plans.some((from) => {
      const cost = from.unitPrice * elapsed + to.unitPrice * (1 - elapsed)
      // Flowglad computes the amount shortly before the charge, and rounds it.
      const tolerance = 2 + ((to.unitPrice - from.unitPrice) * changeMs) / (end - start)
      return (
        to.unitPrice > from.unitPrice && counted.some((off) => Math.abs(cost - off - charge) <= tolerance)
      )
    }),
  )
  const [first] = matching
  if (!first || matching.some(({ name }) => name !== first.name)) return null
  const isPriceKnown = matching.every(({ unitPrice }) => unitPrice === first.unitPrice)
  return { name: first.name, price: isPriceKnown ? first.unitPrice : null, startedAt: chargeDate }
}

const productOf = ({ products }: BillingReport['pricingModel'], priceId: string | null | undefined) =>
  products.find(({ prices }) => prices.some(({ id }) => id === priceId))

/**
 * Returns the product's name, because customers know that name. Invoices contain only the price's name, or
 * "null" if the price has none. If no price has the name on the invoice, returns the name of the product with
 * this price, if there is only one.
 */
function nameOf(priceName: string, unitPrice: number, { pricingModel: { products } }: BillingReport): string {
  const named = products.find(({ prices }) => prices.some(({ name }) => name === priceName))
  if (named) return named.name
  const priced = products.filter(({ prices }) => prices.some((price) => price.unitPrice === unitPrice))
  if (priced.length === 1 && priced[0]) return priced[0].name
  return priceName === 'null' ? 'Plan' : priceName
}

/** Returns the address if a browser can open it safely. Otherwise, returns null. */
function webAddress(url: string | null | undefined): string | null {
  if (!url || !URL.canParse(url)) return null
  return /^https?:$/.test(new URL(url).protocol) ? url : null
}
