import type { PlanOffer } from '../contract/plans.ts'
import type { BillingStatement, NextInvoice, OverageCharge, OverdueAmount } from '../contract/statement.ts'
import type { BillingReport } from '../flowglad/billingReport.ts'
import type { Payment } from '../flowglad/customerPayments.ts'
import { invoicedFrom, unpaidOf } from '../flowglad/paymentOf.ts'
import type { Balance } from '../ledger/reads.ts'
import type { Subscription } from './currentSubscription.ts'
import { isPlanChange } from './planChangePayments.ts'

const dayMs = 24 * 3_600_000
/** The number of days after which Flowglad charges again: after the first, second and third failure. */
const retryAfterDays = [3, 5, 5]

/** Returns the subscription's renewal invoices that the customer still has to pay. */
function unpaidRenewals({ invoices }: BillingReport, subscription: string) {
  const own = invoices.filter(({ invoice }) => invoice.subscriptionId === subscription)
  const unpaid = unpaidOf(own.map(({ invoice }) => invoice))
  return (
    own
      .filter(({ invoice }) => unpaid.includes(invoice))
      // A failed plan change also leaves an unpaid invoice, which Flowglad doesn't collect.
      .filter(({ invoiceLineItems }) => !invoiceLineItems.some(isPlanChange))
  )
}

/** Returns the amount of the newest unpaid renewal, and when Flowglad charges it again. */
export function overdueOf(
  subscription: Subscription,
  { since, currency }: Pick<OverdueAmount, 'since' | 'currency'>,
  report: BillingReport,
  payments: Payment[],
): OverdueAmount | null {
  const renewals = unpaidRenewals(report, subscription.id).map(({ invoice }) => invoice)
  // The customer pays only for the newest period. After this payment, Flowglad no longer collects older invoices.
  const newest = Math.max(...renewals.map(invoicedFrom))
  const unpaid = renewals.filter((invoice) => invoicedFrom(invoice) === newest)
  const invoiced = unpaid.reduce((sum, { subtotal }) => sum + (subtotal ?? 0), 0)
  // If the customer has no payment method, Flowglad creates no invoice for the renewal, so use the plan's price.
  const amount = unpaid.length > 0 ? invoiced : priceOf(report)
  if (amount === 0) return null
  const retries = unpaid.map(({ id }) => {
    const failed = payments.filter(({ invoiceId, status }) => invoiceId === id && status === 'failed')
    const days = retryAfterDays[failed.length - 1]
    return days === undefined ? null : Math.max(...failed.map(({ chargeDate }) => chargeDate)) + days * dayMs
  })
  const retriesAt = retries.filter((at) => at !== null)
  return {
    amount,
    currency: unpaid[0]?.currency ?? currency,
    since,
    retriesAt: retriesAt.length === 0 || hasStoppedRetries(subscription) ? null : Math.min(...retriesAt),
  }
}

/**
 * Returns whether Flowglad no longer charges an unpaid renewal. A scheduled cancellation stops the retries,
 * and undoing the cancellation doesn't restart them. In both cases, the status is no longer `past_due`.
 */
const hasStoppedRetries = ({ status }: Subscription): boolean =>
  status === 'cancellation_scheduled' || status === 'active'

type Usage = Pick<Balance, 'meter' | 'used' | 'limit' | 'adjusted'>

/**
 * Returns the units used beyond Flowglad's grants. Ignores operators' adjustments, because Flowglad
 * doesn't know about them.
 */
export const beyondGrants = ({ used, limit, adjusted }: Usage): number => used - Math.max(0, limit - adjusted)

/**
 * Returns the uninvoiced usage beyond the grants, and its price. Flowglad bills this usage even after a change
 * to a plan without overage. Leaves out unlimited meters, whose usage is free.
 */
export function overageOf(
  subscription: Subscription,
  { offer, offers }: { offer: PlanOffer | undefined; offers: PlanOffer[] },
  balances: readonly Usage[],
  report: BillingReport,
): OverageCharge[] {
  const limited = balances.filter(({ meter }) => !offer?.unlimited.includes(meter))
  return notInvoiced(subscription, offers, limited, report)
}

/** Returns the uninvoiced usage beyond the grants, and its price. Includes the usage of unlimited meters. */
export function notInvoiced(
  subscription: Subscription,
  offers: readonly PlanOffer[],
  balances: readonly Usage[],
  report: BillingReport,
): OverageCharge[] {
  const billed = unpaidRenewals(report, subscription.id).flatMap(({ invoiceLineItems }) => invoiceLineItems)
  return pricesOf(offers).flatMap(({ meter, unitPrice, perUnits }): OverageCharge[] => {
    const balance = balances.find((candidate) => candidate.meter === meter)
    if (!balance) return []
    const prices = report.pricingModel.usageMeters.find(({ slug }) => slug === meter)?.prices ?? []
    const onInvoices = billed
      .filter(({ type, priceId }) => type === 'usage' && prices.some(({ id }) => id === priceId))
      .reduce((sum, { ledgerAccountCredit }) => sum + (ledgerAccountCredit ?? 0), 0)
    const units = beyondGrants(balance) - onInvoices
    if (units <= 0) return []
    return [{ meter, units, amount: Math.ceil(units / perUnits) * unitPrice, unitPrice, perUnits }]
  })
}

/**
 * Returns one price per meter, because a meter has the same overage price on every plan that allows overage.
 */
const pricesOf = (offers: readonly PlanOffer[]) => [
  ...new Map(offers.flatMap(({ overage }) => overage).map((price) => [price.meter, price])).values(),
]

/**
 * Returns the invoice at the end of the period, or null if none is planned. Flowglad creates no invoice for a
 * plan that ends or for an amount of $0. If a customer has no payment method, Flowglad also creates no invoice
 * for usage beyond a free plan's grants. `plan` is the plan of the next period.
 */
export function nextInvoiceOf(
  subscription: Subscription,
  plan: Pick<PlanOffer, 'name' | 'currency'> & { amount: number },
  {
    overage,
    earlierUsage,
    method,
  }: Pick<BillingStatement, 'overage' | 'method'> & Pick<NextInvoice, 'earlierUsage'>,
  report: BillingReport,
): NextInvoice | null {
  const { cancelScheduledAt, periodEnd } = subscription
  if (cancelScheduledAt !== null || periodEnd === null || report.currentSubscription?.doNotCharge) return null
  const total = overage.reduce((sum, { amount }) => sum + amount, plan.amount)
  if (total === 0 || (plan.amount === 0 && method === null)) return null
  return {
    at: periodEnd,
    currency: plan.currency,
    plan: { name: plan.name, amount: plan.amount },
    earlierUsage,
    total,
    wasDiscounted: wasDiscounted(subscription, report),
  }
}

/** Returns whether the subscription's last invoice was discounted. */
export function wasDiscounted({ id }: Pick<Subscription, 'id'>, { invoices }: BillingReport): boolean {
  const last = invoices
    .filter(({ invoice }) => invoice.subscriptionId === id)
    .reduce<BillingReport['invoices'][number] | null>(
      (newest, candidate) =>
        newest === null || invoicedFrom(candidate.invoice) >= invoicedFrom(newest.invoice)
          ? candidate
          : newest,
      null,
    )
  const lines = last?.invoiceLineItems.reduce((sum, line) => sum + line.price * line.quantity, 0) ?? 0
  return lines > (last?.invoice.subtotal ?? lines)
}

/** Returns the price of the current plan for one period. */
export const priceOf = ({ currentSubscription }: BillingReport): number =>
  (currentSubscription?.subscriptionItems ?? []).reduce(
    (sum, { unitPrice, quantity }) => sum + unitPrice * quantity,
    0,
  )
