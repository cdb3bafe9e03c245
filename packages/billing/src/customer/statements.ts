import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import { RecentMap } from '../config/recentMap.ts'
import type { Customer, KnownCustomer } from '../contract/customer.ts'
import { customerArchived, unavailable } from '../contract/errors.ts'
import type { PlanOffer } from '../contract/plans.ts'
import type { BillingStatement, Charge, PaymentMethodSummary } from '../contract/statement.ts'
import { type BillingReport, billingReport } from '../flowglad/billingReport.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import type { CustomerPayments, PaymentsPage } from '../flowglad/customerPayments.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { askFlowglad } from './askFlowglad.ts'
import type { Subscription } from './currentSubscription.ts'
import { nextInvoiceOf, overageOf, overdueOf, priceOf } from './nextInvoice.ts'
import { methodOf, paymentRows } from './paymentRows.ts'
import { statusOf } from './planChangePayments.ts'
import { proratedNow, unlimitedPacksNow } from './proratedGrants.ts'
import { earlierUsageOf, type Plans, type UnbilledUsage, usageForChange } from './unbilledUsage.ts'

interface Parts {
  /** The ledger whose balances ignore the past-due terms. */
  ledger: Pick<LedgerForCalls, 'balances' | 'charges' | 'usage'>
  payments: CustomerPayments
  sync: Pick<Sync, 'fetch' | 'isArchived' | 'lastBilling'>
  catalog: { get(): Promise<Catalog> }
  clock: Clock
  options: Pick<BillingOptions, 'decisionMs' | 'snapshotMaxAgeMs'>
}

const rememberedCustomers = 10_000

/** Reads customers' payments, the amounts overdue, and the next invoices. */
export class Statements {
  readonly #parts: Parts
  /** Maps each customer to the ID and status of the last invoice for which the payments were read again. */
  readonly #withoutPayment = new RecentMap<string, string>(rememberedCustomers)

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async read(customer: Customer): Promise<BillingStatement> {
    const { ledger, catalog } = this.#parts
    const [{ report, page }, { offers }] = await Promise.all([
      this.#readMoney(customer),
      askFlowglad(catalog.get()),
    ])
    const { snapshot, balances } = await ledger.balances(customer.id)
    const subscription = snapshot?.subscription ?? null
    const paid = { payments: page.payments, offers, report }
    const shown = { payments: paymentRows(paid), hasOlder: page.hasOlder }
    if (!subscription) {
      const none = { overdue: null, next: null, changesTo: null, method: null }
      return { ...shown, ...none, overage: [], prorated: [], unlimitedPacks: [] }
    }
    const offer = offers.find(isPlan(subscription.priceSlug))
    const changesTo = scheduledPlan(subscription, offer, offers)
    // All prices have the same currency, so a plan that is no longer for sale has the currency of the offers.
    const shopCurrency = (offer ?? offers[0])?.currency ?? 'USD'
    // While a change to an unknown plan is scheduled, the next invoice's amount is unknown too.
    const isUnknown = subscription.scheduledAdjustmentAt !== null && !changesTo
    const { name, currency, amount } = changesTo
      ? { ...changesTo, amount: changesTo.unitPrice }
      : { name: subscription.planName, currency: shopCurrency, amount: priceOf(report) }
    const plans = { offer, offers }
    const overage = overageOf(subscription, plans, balances, report)
    const earlierUsage = await earlierUsageOf(this.#parts, {
      customer,
      subscription,
      plans,
      balances,
      report,
      payments: page.payments,
    })
    const method = methodOfSubscription(report)
    const granted = { subscription, offers, balances, report }
    return {
      ...shown,
      overdue: snapshot?.pastDue
        ? overdueOf(
            subscription,
            { since: snapshot.pastDue.since, currency: shopCurrency },
            report,
            page.payments,
          )
        : null,
      next: isUnknown
        ? null
        : nextInvoiceOf(subscription, { name, currency, amount }, { overage, earlierUsage, method }, report),
      overage,
      changesTo: changesTo ? { name: changesTo.name, priceSlug: changesTo.priceSlug } : null,
      prorated: proratedNow(offer, granted),
      unlimitedPacks: unlimitedPacksNow(offer, granted),
      method,
    }
  }

  /**
   * Returns the usage that a plan change would bill (see `usageForChange`). Fetches Flowglad's report if this node has no
   * recent one.
   */
  async unbilled(customer: Customer, subscription: Subscription, plans: Plans): Promise<UnbilledUsage> {
    const { ledger, options } = this.#parts
    const report = await this.#report(customer, options.snapshotMaxAgeMs)
    const { balances } = await ledger.balances(customer.id)
    return usageForChange(this.#parts, { customer, subscription, plans, balances, report })
  }

  /**
   * Returns the last report, the price of the customer's plan, and the payment method for its renewals. Doesn't ask
   * Flowglad. Returns null if this node has not fetched the customer's report.
   */
  current({
    id,
  }: KnownCustomer): { report: BillingReport; price: number; method: PaymentMethodSummary | null } | null {
    const report = this.#lastReport(id)
    return report && { report, price: priceOf(report), method: methodOfSubscription(report) }
  }

  /**
   * Returns the IDs of the customer's payments, or null if they can't be read now. Call this function before
   * a plan change, and `chargedSince` after the change.
   */
  async paymentIds({ id }: KnownCustomer): Promise<ReadonlySet<string> | null> {
    const page = await this.#paymentsOfKnown(id).catch(() => null)
    return page && new Set(page.payments.map((payment) => payment.id))
  }

  /**
   * Returns the subscription's newest successful payment that isn't in `earlier`. Returns null if there is none, and
   * `unknown` if the payments can't be read now or if a payment is still pending. Leaves out a pack that the customer
   * bought at the same time.
   */
  async chargedSince(
    { id }: KnownCustomer,
    { subscription, earlier }: { subscription: string; earlier: ReadonlySet<string> },
  ): Promise<Charge | 'unknown' | null> {
    const page = await this.#paymentsOfKnown(id).catch(() => null)
    if (!page) return 'unknown'
    const since = page.payments.filter(
      ({ id, subscriptionId }) => subscriptionId === subscription && !earlier.has(id),
    )
    const payment = since.find(({ status }) => status === 'succeeded')
    if (!payment) return since.some((payment) => statusOf(payment) === 'pending') ? 'unknown' : null
    const { amount, currency, paymentMethodId } = payment
    const report = this.#lastReport(id)
    return { amount, currency, method: report && methodOf(report, paymentMethodId) }
  }

  /** Reads the payments of a customer whose report this node has already fetched. */
  async #paymentsOfKnown(customer: string): Promise<PaymentsPage | null> {
    const report = this.#lastReport(customer)
    return report && this.#parts.payments.readAgain(report.customer.id)
  }

  /**
   * Returns this node's last report on the customer. Returns null if there is no report, or if the report
   * can't be read.
   */
  #lastReport(customer: string): BillingReport | null {
    const last = this.#parts.sync.lastBilling(customer, Number.POSITIVE_INFINITY)
    try {
      return last ? billingReport(last) : null
    } catch {
      return null
    }
  }

  /**
   * Reads Flowglad's report and the payments. Reads the report again if it lacks the newest payment's
   * invoice. Also reads the report again if the snapshot contains a different subscription, because another node
   * may have installed a newer snapshot. Rejects with `BILLING_UNAVAILABLE` if the subscriptions still
   * differ.
   */
  async #readMoney(customer: Customer): Promise<{ report: BillingReport; page: PaymentsPage }> {
    const { ledger, payments, options } = this.#parts
    let report = await this.#report(customer, options.snapshotMaxAgeMs)
    const isCurrent = async () => {
      const { snapshot } = await ledger.balances(customer.id)
      return (report.currentSubscription?.id ?? null) === (snapshot?.subscription?.id ?? null)
    }
    if (!(await isCurrent())) report = await this.#report(customer, 0)
    // A statement must not show one subscription's prices for a different subscription.
    if (!(await isCurrent())) throw unavailable(1_000)
    let page = await askFlowglad(payments.read(report.customer.id))
    if (hasUnknownInvoice(page, report)) report = await this.#report(customer, 0)
    const charged = chargedWithoutPayment(page, report)
    // Read the payments again only once per invoice and status. Some invoices never have a payment, for
    // example because a discount covers them.
    if (charged !== null && charged !== this.#withoutPayment.get(customer.id)) {
      page = await payments.readAgain(report.customer.id).catch(() => page)
      this.#withoutPayment.set(customer.id, charged)
    }
    return { report, page }
  }

  /**
   * Returns Flowglad's report on the customer. Returns an older report if Flowglad is slow or can't be
   * reached.
   */
  async #report(customer: Customer, maxAgeMs: number): Promise<BillingReport> {
    const { sync, clock, options } = this.#parts
    const recent = maxAgeMs > 0 ? sync.lastBilling(customer.id, maxAgeMs) : null
    if (!recent) {
      // The fetch counts against the customer's fetch limit, because a customer can send any number of requests.
      const fetching = sync.fetch(customer, { urgent: false, forced: false })
      await within(clock, options.decisionMs, fetching, null)
    }
    if (sync.isArchived(customer.id)) throw customerArchived()
    const known = recent ?? sync.lastBilling(customer.id, Number.POSITIVE_INFINITY)
    if (!known) throw unavailable(2_000)
    return askFlowglad(Promise.resolve(known).then(billingReport))
  }
}

const isPlan =
  (slug: string | null) =>
  ({ kind, priceSlug }: PlanOffer) =>
    kind === 'plan' && priceSlug === slug

const hasUnknownInvoice = ({ payments }: PaymentsPage, { invoices }: BillingReport) =>
  payments[0]?.invoiceId != null && !invoices.some(({ invoice }) => invoice.id === payments[0]?.invoiceId)

/**
 * Returns the newest invoice's ID and status if the invoice's payment is missing from the list. Otherwise,
 * returns null. A payment is missing if none is listed for the invoice, or if the invoice is paid but all its
 * listed payments failed. Flowglad charges an invoice when it creates the invoice, so such a list may be out
 * of date.
 */
function chargedWithoutPayment({ payments }: PaymentsPage, { invoices }: BillingReport): string | null {
  const charged = invoices
    .map(({ invoice }) => invoice)
    .filter(({ status, subtotal }) => subtotal && status !== 'draft' && status !== 'void')
  const newest = charged.reduce<(typeof charged)[number] | null>(
    (last, invoice) => ((invoice.createdAt ?? 0) >= (last?.createdAt ?? 0) ? invoice : last),
    null,
  )
  if (newest === null) return null
  const hasPayment = payments.some(
    (payment) =>
      payment.invoiceId === newest.id && (newest.status !== 'paid' || statusOf(payment) !== 'failed'),
  )
  return hasPayment ? null : `${newest.id} ${newest.status}`
}

/**
 * Returns the payment method for renewals, or null if there is none. Renewals charge only the subscription's
 * payment methods, not the customer's other payment methods.
 */
const methodOfSubscription = (report: BillingReport) =>
  methodOf(report, report.currentSubscription?.defaultPaymentMethodId) ??
  methodOf(report, report.currentSubscription?.backupPaymentMethodId)

/**
 * Returns the plan that a scheduled change leads to. Flowglad doesn't report that plan, but schedules only
 * changes to cheaper plans. Returns undefined if several plans are possible.
 */
function scheduledPlan(
  { scheduledAdjustmentAt }: Subscription,
  current: PlanOffer | undefined,
  offers: PlanOffer[],
): PlanOffer | undefined {
  if (scheduledAdjustmentAt === null || !current) return undefined
  const possible = offers.filter(
    ({ kind, isFree, unitPrice, priceSlug }) =>
      kind === 'plan' && !isFree && unitPrice < current.unitPrice && priceSlug !== current.priceSlug,
  )
  return possible.length === 1 ? possible[0] : undefined
}
