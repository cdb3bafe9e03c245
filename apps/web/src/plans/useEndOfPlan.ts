import type { BillingStatement } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import type { Meter } from '../format/meters.ts'
import { extraText, packUnits } from './creditParts.ts'
import { freeOffer, planThatKeepsPacks } from './offers.ts'

/**
 * Returns the name of the plan that follows a canceled plan, and the credits that end with the canceled plan, such as
 * `50 pictures from packs`. `follower` is null if no plan follows, and `lost` is null if no credits end. `keeper` names the
 * plan with which the customer would keep the credits from packs, or is null if there is none.
 */
export function useEndOfPlan(statement: BillingStatement<Meter> | undefined): {
  follower: string | null
  lost: string | null
  keeper: string | null
} {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const balances = answer?.balances ?? []
  const hasPacks = balances.some((row) => packUnits(row, offers, answer?.plan, statement) > 0)
  const lost = balances
    .map((row) => extraText(row, offers, answer?.plan, statement))
    .filter((text) => text !== null)
    .join(' and ')
  return {
    follower: freeOffer(offers)?.name ?? null,
    lost: lost || null,
    keeper: hasPacks ? planThatKeepsPacks(offers, answer?.plan) : null,
  }
}
