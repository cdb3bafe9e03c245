import type { PaymentItem, PaymentMethodSummary, PaymentRow } from '../contract/statement.ts'
import type { BillingReport, ReportedInvoice } from '../flowglad/billingReport.ts'
import type { Payment } from '../flowglad/customerPayments.ts'
import { isPlanChange, type Paid, partsOf, statusOf, targetOf } from './planChangePayments.ts'

/** Flowglad uses these texts to mark the invoice lines of plans that start within a period. */
const proratedPrefix = 'Prorated: '
const proratedSuffix = ' - Prorated charge'

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

function itemsOf(payment: Payment, found: ReportedInvoice, paid: Paid): PaymentItem[] {
  const { report } = paid
  const { invoice, invoiceLineItems } = found
  if (invoiceLineItems.some(isPlanChange)) return itemsOfChange(payment, found, paid)
  const items = invoiceLineItems.map((line): PaymentItem => {
    const description = line.description ?? ''
    const price = line.price * line.quantity
    if (line.type === 'usage') return overageItem(line, before(invoice, report), paid)
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
  return withDiscount(items, invoice.subtotal)
}

/**
 * Returns the items of a plan change's payment. Except for usage, the invoice repeats lines that the customer has
 * already paid for. Therefore, each usage line becomes an item, and all other lines become one item.
 */
function itemsOfChange(payment: Payment, found: ReportedInvoice, paid: Paid): PaymentItem[] {
  const { invoice, invoiceLineItems } = found
  const target = targetOf(payment, found, paid)
  const earlier = paid.report.invoices.filter(
    (it) =>
      it.invoice.subscriptionId === invoice.subscriptionId &&
      it.invoice.billingPeriodStartDate === invoice.billingPeriodStartDate &&
      (it.invoice.createdAt ?? 0) < (invoice.createdAt ?? 0),
  )
  const usage = invoiceLineItems
    .filter(({ type }) => type === 'usage')
    .map((line) => overageItem(line, earlier, paid))
  const change = {
    kind: 'planChange' as const,
    to: target?.name ?? null,
    until: invoice.billingPeriodEndDate ?? null,
  }
  if (usage.length === 0)
    return [{ ...change, parts: target && partsOf(payment, target, found), amount: payment.amount }]
  const amount = invoiceLineItems.findLast(isPlanChange)?.price ?? 0
  const total = usage.reduce((sum, item) => sum + item.amount, amount)
  // With a discount, the parts are unknown.
  const parts = target && total === payment.amount ? partsOf({ ...payment, amount }, target, found) : null
  return withDiscount([{ ...change, parts, amount }, ...usage], payment.amount)
}

/** Adds an item for the discount, because an invoice's lines don't contain it. `due` is the discounted amount. */
function withDiscount(items: PaymentItem[], due: number | null | undefined): PaymentItem[] {
  const total = items.reduce((sum, { amount }) => sum + amount, 0)
  const discount = total - (due ?? total)
  return discount > 0 ? [...items, { kind: 'discount', amount: -discount }] : items
}

/** Returns the item for an invoice line of usage. `inPeriod` contains the invoices of the usage's period. */
function overageItem(
  line: ReportedInvoice['invoiceLineItems'][number],
  inPeriod: ReportedInvoice[],
  paid: Paid,
): PaymentItem {
  const meter = paid.report.pricingModel.usageMeters.find(({ prices }) =>
    prices?.some(({ id }) => id === line.priceId),
  )
  const slug = meter?.slug ?? null
  return {
    kind: 'overage',
    meter: slug,
    plan: planOfUsage(slug, inPeriod, paid),
    units: line.ledgerAccountCredit ?? line.quantity,
    amount: line.price * line.quantity,
  }
}

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
 * invoices. Returns null after a change to an unknown plan, or to a plan that also limits the meter.
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

/**
 * Returns the product's name, because customers know that name. Invoices contain only the price's name, or
 * "null" if the price has none. If no price has the name on the invoice, but exactly one product has this unit
 * price, returns that product's name. Otherwise, returns the price's name, or "Plan" if the price has none.
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
