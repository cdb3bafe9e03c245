import type { Forfeit, PlanOffer } from '../contract/plans.ts'
import type { CustomerBalances } from '../ledger/ledger.ts'

/**
 * Returns the pack units that the customer loses by a move to the target. Flowglad keeps pack units with the
 * subscription. A move between the free plan and a paid plan starts a new subscription, and a change from one paid
 * plan to another keeps it. Units that running work holds don't count: they may still be spent.
 */
export function forfeitsOf(
  target: Pick<PlanOffer, 'kind' | 'isFree'>,
  offers: Pick<PlanOffer, 'priceSlug' | 'grants'>[],
  { snapshot, balances }: Pick<CustomerBalances, 'snapshot' | 'balances'>,
): Forfeit[] {
  const current = snapshot?.subscription
  if (!current || target.kind === 'pack' || target.isFree === current.isFree) return []
  const plan = offers.find(({ priceSlug }) => priceSlug === current.priceSlug)
  if (!plan) return []
  const grantOf = (meter: string) =>
    plan.grants.filter((grant) => grant.meter === meter).reduce((sum, { amount }) => sum + amount, 0)
  return balances
    .map(({ meter, available, limit }) => ({ meter, amount: Math.min(available, limit - grantOf(meter)) }))
    .filter(({ amount }) => amount > 0)
}
