import type { BalanceRow } from './balances.ts'
import type { Forfeit, PlanOffer, PlanSummary } from './plans.ts'

/**
 * Returns the units beyond the plan's grant that the customer loses by moving to the target, for example
 * `[{ meter: 'generations', amount: 48 }]`. Pack units expire with the subscription for which they were
 * purchased, and so do units that operators added. A move between the free plan and a paid plan starts a new
 * subscription. A change between paid plans keeps the subscription. Units that running work holds don't
 * count, because the work may still spend them.
 *
 * Returns an empty list until the offers and the balances are loaded.
 */
export function forfeitsOf<Meter extends string>(
  target: Pick<PlanOffer, 'kind' | 'isFree'>,
  offers: readonly Pick<PlanOffer<Meter>, 'kind' | 'priceSlug' | 'grants'>[] | undefined,
  answer:
    | {
        plan: Pick<PlanSummary, 'isFree' | 'priceSlug'> | null
        balances: readonly Pick<BalanceRow<Meter>, 'meter' | 'limit' | 'available'>[]
      }
    | undefined,
): Forfeit<Meter>[] {
  const plan = answer?.plan
  if (!plan || target.kind === 'pack' || target.isFree === plan.isFree) return []
  const current = offers?.find(({ kind, priceSlug }) => kind === 'plan' && priceSlug === plan.priceSlug)
  if (!current) return []
  const grantOf = (meter: Meter) => current.grants.find((grant) => grant.meter === meter)?.amount ?? 0
  return answer.balances
    .map(({ meter, limit, available }) => ({
      meter,
      // The plan's units are used first, so at most `limit - grant` of the remaining units are beyond the grant.
      amount: Math.min(available ?? 0, (limit ?? 0) - grantOf(meter)),
    }))
    .filter(({ amount }) => amount > 0)
}
