import type { KnownCustomer } from '../contract/customer.ts'
import type { PlanOffer } from '../contract/plans.ts'
import type { PlanOverage } from '../contract/statement.ts'
import type { BillingReport } from '../flowglad/billingReport.ts'
import type { Payment } from '../flowglad/customerPayments.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { noChargePriceSlug } from '../ledger/noChargePriceSlug.ts'
import type { Balance } from '../ledger/reads.ts'
import type { Subscription } from './currentSubscription.ts'
import { beyondGrants, notInvoiced, overageOf } from './nextInvoice.ts'
import { planOfUsage } from './paymentRows.ts'
import { changedAt } from './proratedGrants.ts'

/** The number of newest charges to search for usage that is free or that Flowglad hasn't received. */
const newestCharges = 1_000
const dayMs = 86_400_000

interface Parts {
  ledger: Pick<LedgerForCalls, 'charges' | 'usage'>
}

/** A customer's current plan, and the plans for sale. */
export interface Plans {
  offer: PlanOffer | undefined
  offers: PlanOffer[]
}

interface Used {
  customer: KnownCustomer
  subscription: Subscription
  plans: Plans
  balances: Balance[]
  report: BillingReport
}

/**
 * Returns the most that Flowglad may bill for usage beyond the grants of an earlier plan, on the meters that have become
 * unlimited during the period.
 */
export async function earlierUsageOf(
  parts: Parts,
  { payments, ...used }: Used & { payments: Payment[] },
): Promise<PlanOverage[]> {
  const { subscription, balances, report } = used
  const { offer, offers } = used.plans
  const changed = changedAt({ subscription, report })
  const unlimited = balances.filter((it) => offer?.unlimited.includes(it.meter) && beyondGrants(it) > 0)
  if (changed === null || unlimited.length === 0) return []
  const meters = unlimited.map(({ meter }) => meter)
  const free = await freeUsage(parts, used, { meters, changed })
  const billed = unlimited.map((balance) => ({
    ...balance,
    used: balance.used - (free.get(balance.meter) ?? 0),
  }))
  const inPeriod = report.invoices.filter(
    ({ invoice }) =>
      invoice.subscriptionId === subscription.id &&
      invoice.billingPeriodStartDate === subscription.periodStart,
  )
  return notInvoiced(subscription, offers, billed, report).map((charge) => ({
    ...charge,
    plan: planOfUsage(charge.meter, inPeriod, { payments, offers, report }),
  }))
}

/**
 * Returns each meter's usage since the meter became unlimited. Flowglad doesn't bill this usage. Reads the newest
 * charges and finds the meter's last billed charge. All newer charges are free. If none of the read charges was billed,
 * older usage on the days after the plan change is free too.
 */
async function freeUsage(
  { ledger }: Parts,
  { customer, report }: Used,
  { meters, changed }: { meters: string[]; changed: number },
): Promise<Map<string, number>> {
  const { charges, cursor } = await ledger.charges({
    customer: customer.id,
    limit: newestCharges,
    cursor: null,
  })
  const oldest = charges.at(-1)
  const older =
    cursor !== null && oldest
      ? await ledger.usage({
          customer: customer.id,
          from: dayOf(changed + dayMs),
          to: dayOf(oldest.at - dayMs),
        })
      : []
  return new Map(
    meters.map((meter) => {
      const prices = report.pricingModel.usageMeters.find(({ slug }) => slug === meter)?.prices ?? []
      const free = prices.find(({ slug }) => slug === noChargePriceSlug(meter))?.id
      const ofMeter = charges.filter((charge) => charge.meter === meter)
      // The price of a waiting charge is still unknown.
      const billed = ofMeter.findIndex(({ state, priceId }) => state !== 'waiting' && priceId !== free)
      const counted =
        billed < 0 ? [...ofMeter, ...older.filter((it) => it.meter === meter)] : ofMeter.slice(0, billed)
      return [meter, counted.reduce((sum, { amount }) => sum + amount, 0)]
    }),
  )
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

export interface UnbilledUsage {
  overage: PlanOverage[]
  /**
   * Whether Flowglad may bill less now, because it hasn't received all usage yet, or because the usage includes usage
   * on an earlier plan. Flowglad doesn't report how much of that usage is still unbilled.
   */
  isMaximum: boolean
}

/** Returns the usage that a plan change would bill: the uninvoiced usage beyond the grants. */
export async function usageForChange(parts: Parts, used: Used): Promise<UnbilledUsage> {
  const { customer, subscription, plans, balances, report } = used
  const earlier = await earlierUsageOf(parts, { ...used, payments: [] })
  const own = overageOf(subscription, plans, balances, report)
  const overage = [...own.map((charge) => ({ ...charge, plan: subscription.planName })), ...earlier]
  if (overage.length === 0) return { overage, isMaximum: false }
  const { charges } = await parts.ledger.charges({
    customer: customer.id,
    limit: newestCharges,
    cursor: null,
  })
  const isWaiting = charges.some(({ state }) => state === 'waiting')
  return {
    overage,
    isMaximum: isWaiting || earlier.length > 0 || balances.some(({ parked }) => parked > 0),
  }
}
