import { forfeitsOf } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import { amountOf } from '../format/meters.ts'

/**
 * Returns the name of the plan that follows a cancelled plan, and the credits that end with the cancelled plan: those from
 * packs, and those that operators added, such as `50 pictures`. null if there are none.
 */
export function useEndOfPlan(): { follower: string | null; lost: string | null } {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const free = offers?.find((offer) => offer.kind === 'plan' && offer.isFree)
  const lost = forfeitsOf({ kind: 'plan', isFree: true }, offers, answer)
    .map(({ meter, amount }) => amountOf(meter, amount))
    .join(' and ')
  return { follower: free?.name ?? null, lost: lost || null }
}
