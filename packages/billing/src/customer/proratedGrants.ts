import type { PlanOffer } from '../contract/plans.ts'
import type { ProratedGrant } from '../contract/statement.ts'
import type { BillingReport } from '../flowglad/billingReport.ts'
import type { Balance } from '../ledger/ledger.ts'
import type { Subscription } from './currentSubscription.ts'

type Balances = readonly Pick<Balance, 'meter' | 'limit' | 'adjusted'>[]

/** Returns the plan's recurring grants: one row per limited meter. */
function recurringGrants({ grants, unlimited }: PlanOffer): { meter: string; amount: number }[] {
  const byMeter = new Map<string, number>()
  for (const { meter, amount, renews } of grants) {
    if (renews && !unlimited.includes(meter)) byMeter.set(meter, (byMeter.get(meter) ?? 0) + amount)
  }
  return [...byMeter].map(([meter, amount]) => ({ meter, amount }))
}

/** Returns the grants that are smaller in this period because the current plan began during the period. */
export function proratedNow(
  { periodStart }: Subscription,
  offer: PlanOffer | undefined,
  balances: Balances,
  { currentSubscription }: BillingReport,
): ProratedGrant[] {
  const items = currentSubscription?.subscriptionItems ?? []
  const hasChanged = items.some(
    ({ addedDate }) => (addedDate ?? 0) > (periodStart ?? Number.POSITIVE_INFINITY),
  )
  if (!offer || !hasChanged) return []
  return recurringGrants(offer).flatMap(({ meter, amount }) => {
    const balance = balances.find((candidate) => candidate.meter === meter)
    const granted = balance && balance.limit - balance.adjusted
    return granted !== undefined && granted < amount ? [{ meter, granted, regular: amount }] : []
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
  balances: Balances,
  elapsed: number,
): ProratedGrant[] {
  if (!current) return []
  const earlier = recurringGrants(current)
  return recurringGrants(wanted).flatMap(({ meter, amount }) => {
    const limit = balances.find((balance) => balance.meter === meter)?.limit ?? 0
    const issued = Math.min(limit, earlier.find((grant) => grant.meter === meter)?.amount ?? 0)
    const granted = Math.max(issued, Math.round(amount * (1 - elapsed)))
    return granted < amount ? [{ meter, granted, regular: amount }] : []
  })
}
