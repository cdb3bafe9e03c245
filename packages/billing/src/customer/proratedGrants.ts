import type { PlanOffer } from '../contract/plans.ts'
import type { PackUnits, ProratedGrant } from '../contract/statement.ts'
import type { BillingReport } from '../flowglad/billingReport.ts'
import type { Balance } from '../ledger/reads.ts'
import type { Subscription } from './currentSubscription.ts'
import { planNameOf } from './paymentRows.ts'

/** The data from which a customer's prorated grants are computed. */
export interface Granted {
  subscription: Subscription
  /** The plans and packs for sale. */
  offers: readonly PlanOffer[]
  balances: readonly Pick<Balance, 'meter' | 'limit' | 'adjusted'>[]
  /** Flowglad's report. null if this node has not fetched it. */
  report: BillingReport | null
}

interface RecurringGrant {
  meter: string
  amount: number
}

/** Returns the plan's recurring grants: one row per limited meter. */
function recurringGrants({ grants, unlimited }: PlanOffer): RecurringGrant[] {
  const byMeter = new Map<string, number>()
  for (const { meter, amount, renews } of grants) {
    if (renews && !unlimited.includes(meter)) byMeter.set(meter, (byMeter.get(meter) ?? 0) + amount)
  }
  return [...byMeter].map(([meter, amount]) => ({ meter, amount }))
}

/** Returns the grants that are smaller in this period because the current plan began during the period. */
export function proratedNow(
  offer: PlanOffer | undefined,
  granted: Granted & { report: BillingReport },
): ProratedGrant[] {
  if (!offer || changedAt(granted) === null) return []
  return recurringGrants(offer).flatMap((grant) => {
    const issued = granted.balances.some(({ meter }) => meter === grant.meter)
      ? issuedOf(grant, granted)
      : null
    return issued !== null && issued < grant.amount
      ? [{ meter: grant.meter, granted: issued, regular: grant.amount }]
      : []
  })
}

/**
 * Returns the grants of `wanted` that would be smaller in this period. Flowglad grants the share for the
 * remaining time, minus the units that it has already granted in this period. `elapsed` is the fraction of
 * the period that has passed. If the current plan is no longer for sale, its grants are unknown, so the
 * result is empty.
 */
export function proratedAfter(
  wanted: PlanOffer,
  current: PlanOffer | undefined,
  granted: Granted,
  elapsed: number,
): ProratedGrant[] {
  if (!current) return []
  const earlier = recurringGrants(current)
  return recurringGrants(wanted).flatMap(({ meter, amount }) => {
    const grant = earlier.find((candidate) => candidate.meter === meter)
    const issued = grant ? issuedOf(grant, granted) : 0
    const after = Math.max(issued, shareOf(amount, elapsed))
    return after < amount ? [{ meter, granted: after, regular: amount }] : []
  })
}

/**
 * Returns the units left from packs on the meters that the plan doesn't limit. Flowglad reports only the sum of a meter's
 * units, which also contains the earlier plan's grant if the plan changed during the period. The earlier plan's
 * units are used first. Never returns more units than the customer has bought.
 */
export function unlimitedPacksNow(
  offer: PlanOffer | undefined,
  granted: Omit<Granted, 'balances'> & {
    balances: readonly Pick<Balance, 'meter' | 'limit' | 'adjusted' | 'available'>[]
    report: BillingReport
  },
): PackUnits[] {
  const { offers, balances, report } = granted
  const packLines = report.invoices
    .filter(({ invoice }) => invoice.type === 'purchase')
    .flatMap(({ invoiceLineItems }) => invoiceLineItems.map((line) => planNameOf(line, report)))
  const boughtOf = (meter: string) =>
    packLines
      .flatMap((name) => offers.find((pack) => pack.kind === 'pack' && pack.name === name)?.grants ?? [])
      .reduce((sum, grant) => (grant.meter === meter ? sum + grant.amount : sum), 0)
  return balances.flatMap(({ meter, limit, adjusted, available }) => {
    if (!offer?.unlimited.includes(meter)) return []
    const earlier = changedAt(granted) === null ? [] : earlierGrants(meter, granted)
    const beyond = limit - adjusted - Math.max(0, ...earlier)
    const units = Math.min(available - Math.max(0, adjusted), beyond, boughtOf(meter))
    return units > 0 ? [{ meter, units }] : []
  })
}

/** Returns the grants of the meter in the plans that this period's invoices name. */
function earlierGrants(
  meter: string,
  {
    offers,
    report,
    subscription: { periodStart },
  }: Pick<Granted, 'offers' | 'subscription'> & { report: BillingReport },
): number[] {
  const names = new Set(
    report.invoices
      .filter(({ invoice }) => invoice.billingPeriodStartDate === periodStart)
      .flatMap(({ invoiceLineItems }) => invoiceLineItems.map((line) => planNameOf(line, report))),
  )
  return offers
    .filter(({ kind, name }) => kind === 'plan' && names.has(name))
    .flatMap(recurringGrants)
    .filter((grant) => grant.meter === meter)
    .map(({ amount }) => amount)
}

const shareOf = (amount: number, elapsed: number) => Math.round(amount * (1 - elapsed))

/**
 * Returns how many units of the current plan's grant the customer has received in this period. The balance
 * also contains the units of packs, which Flowglad doesn't report separately. If the customer has bought
 * packs and the plan changed during the period, computes the units with Flowglad's rule. By this rule, the
 * customer receives the share for the time that remained, or the earlier plan's grant if that grant is
 * larger.
 */
function issuedOf({ meter, amount }: RecurringGrant, granted: Granted): number {
  const { balances, report, subscription } = granted
  const balance = balances.find((candidate) => candidate.meter === meter)
  const limit = balance ? balance.limit - balance.adjusted - settledUnits(meter, granted) : 0
  const atMost = Math.min(amount, limit)
  const changed = changedAt(granted)
  const { periodStart, periodEnd } = subscription
  const hasPacks = report?.invoices.some(({ invoice }) => invoice.type === 'purchase')
  if (!report || !hasPacks || changed === null || periodStart === null || periodEnd === null) return atMost
  const elapsed = (changed - periodStart) / (periodEnd - periodStart)
  return Math.min(atMost, Math.max(shareOf(amount, elapsed), ...earlierGrants(meter, { ...granted, report })))
}

/** Returns the units that Flowglad has granted to settle overage that this period's invoices charged. */
function settledUnits(meter: string, { subscription, report }: Granted): number {
  const prices = report?.pricingModel.usageMeters.find(({ slug }) => slug === meter)?.prices ?? []
  return (report?.invoices ?? [])
    .filter(
      ({ invoice }) =>
        invoice.subscriptionId === subscription.id &&
        invoice.billingPeriodStartDate === subscription.periodStart &&
        invoice.status === 'paid',
    )
    .flatMap(({ invoiceLineItems }) => invoiceLineItems)
    .filter(({ type, priceId }) => type === 'usage' && prices.some(({ id }) => id === priceId))
    .reduce((sum, { ledgerAccountCredit }) => sum + (ledgerAccountCredit ?? 0), 0)
}

/** Returns when the plan last changed, or null if it has been the same since the period began. */
export function changedAt({
  subscription: { periodStart },
  report,
}: Pick<Granted, 'subscription' | 'report'>): number | null {
  const added = (report?.currentSubscription?.subscriptionItems ?? []).map(({ addedDate }) => addedDate ?? 0)
  const last = Math.max(0, ...added)
  return periodStart !== null && last > periodStart ? last : null
}
