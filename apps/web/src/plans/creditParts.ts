import type { BalanceRow, PlanSummary } from '@metered/billing/client'
import { formatDay, formatNumber } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import type { Offer } from './offers.ts'

/**
 * Returns the units left from the plan and from packs. Returns null if the customer has no packs. The plan's units are
 * used first.
 */
export function creditParts(
  { meter, available, limit }: BalanceRow<Meter>,
  offer: Offer | undefined,
): { plan: number; packs: number } | null {
  if (available === null || limit === null || offer === undefined) return null
  const granted = offer.grants
    .filter((grant) => grant.meter === meter)
    .reduce((sum, { amount }) => sum + amount, 0)
  const packs = Math.min(available, limit - granted)
  return packs > 0 ? { plan: available - packs, packs } : null
}

/** Returns the parts as text, such as `10 renew on 28 December, 40 from packs`. */
export function creditPartsText(
  row: BalanceRow<Meter>,
  offer: Offer | undefined,
  plan: PlanSummary | null | undefined,
): string | null {
  const parts = creditParts(row, offer)
  if (parts === null) return null
  const packs = `${formatNumber(parts.packs)} from packs`
  if (parts.plan === 0 || row.renewsAt === null) return packs
  const fromPlan = formatNumber(parts.plan)
  const day = formatDay(row.renewsAt)
  return plan?.cancelsAt == null
    ? `${fromPlan} ${parts.plan === 1 ? 'renews' : 'renew'} on ${day}, ${packs}`
    : `${fromPlan} until ${day}, ${packs}`
}
