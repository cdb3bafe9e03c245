import type { PlanOffer } from '../contract/plans.ts'
import type { PaymentRow, PlanChangeParts } from '../contract/statement.ts'
import type { BillingReport, ReportedInvoice } from '../flowglad/billingReport.ts'
import type { Payment } from '../flowglad/customerPayments.ts'

/** Flowglad uses this text to mark the invoice lines of plan changes. */
const planChangePrefix = 'Proration:'

/** A customer's payments, the plans for sale, and Flowglad's report on the same customer. */
export interface Paid {
  payments: Payment[]
  offers: readonly PlanOffer[]
  report: BillingReport
}

export function statusOf({ status }: Payment): PaymentRow['status'] {
  if (status === 'succeeded' || status === 'refunded') return 'paid'
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending'
}

/** Returns whether the invoice line charges a plan change. */
export const isPlanChange = ({ description }: ReportedInvoice['invoiceLineItems'][number]): boolean =>
  description?.startsWith(planChangePrefix) === true

/** The plan that a plan change started. */
interface Target {
  name: string
  /** The plan's price for a whole period. null if it is unknown. */
  price: number | null
  startedAt: number
}

/** Returns the plan that a plan change's payment started, or null if it is unknown. */
export function targetOf(
  payment: Payment,
  found: ReportedInvoice,
  { payments, report }: Paid,
): Target | null {
  const index = payments.indexOf(payment)
  return (
    planAfter(payment, payments.slice(0, index), report) ??
    planByAmount(payment, payments.slice(index + 1), found, report)
  )
}

/**
 * Returns the parts of a plan change's price. Flowglad reports only the price, so this function computes the new plan's
 * share as Flowglad does. With a discount, the payment differs from the price, and the parts are unknown.
 */
export function partsOf(
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

/**
 * The maximum time between a plan change's payment and the start of the new plan's items. After the payment has
 * succeeded, Flowglad can take a minute to add the items.
 */
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
