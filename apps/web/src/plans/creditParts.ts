import type { BalanceRow, PlanSummary } from '@metered/billing/client'
import { formatDay, formatNumber } from '../format/format.ts'
import { amountOf, type Meter } from '../format/meters.ts'
import { creditsOffer, type Offer } from './offers.ts'

type Row = BalanceRow<Meter>
type Plan = PlanSummary | null | undefined

interface CreditParts {
  plan: number
  packs: number
  /** Units that an operator added. */
  added: number
}

/**
 * Returns the units left from the plan, from packs and from operators, in the order in which they are used. Returns null
 * if all are from the plan, if the meter is unlimited, or if the plan isn't known yet.
 */
export function creditParts(
  { meter, available, limit, adjusted }: Row,
  offers: Offer[] | undefined,
  plan: Plan,
): CreditParts | null {
  const offer = creditsOffer(offers, plan)
  if (available === null || limit === null || offer === undefined) return null
  const granted = offer.grants
    .filter((grant) => grant.meter === meter)
    .reduce((sum, { amount }) => sum + amount, 0)
  const added = Math.min(available, Math.max(0, adjusted))
  const bought = limit - Math.max(0, adjusted) - granted
  const packs = Math.max(0, Math.min(available - added, bought))
  return packs + added > 0 ? { plan: available - packs - added, packs, added } : null
}

/** Returns a function that describes a balance's parts, and returns null if there is nothing to tell apart. */
function textOf(describe: (parts: CreditParts, row: Row, plan: Plan) => string) {
  return (row: Row, offers: Offer[] | undefined, plan: Plan): string | null => {
    const parts = creditParts(row, offers, plan)
    return parts && describe(parts, row, plan)
  }
}

/** Returns the parts as text, such as `10 renew on 28 December, 40 from packs, 5 added by us`. */
export const creditPartsText = textOf((parts, row, plan) =>
  [
    parts.plan > 0 && row.renewsAt !== null && planText(parts.plan, row.renewsAt, plan),
    parts.packs > 0 && `${formatNumber(parts.packs)} from packs`,
    parts.added > 0 && `${formatNumber(parts.added)} added by us`,
  ]
    .filter(Boolean)
    .join(', '),
)

/**
 * Returns the remaining units that end with the plan because they don't renew, such as `50 pictures from packs and 5
 * added by us`. Returns null if there are none.
 */
export const extraText = textOf(({ packs, added }, { meter }) => {
  if (packs === 0) return `${amountOf(meter, added)} added by us`
  const fromPacks = `${amountOf(meter, packs)} from packs`
  return added === 0 ? fromPacks : `${fromPacks} and ${formatNumber(added)} added by us`
})

function planText(units: number, renewsAt: number, plan: Plan): string {
  const day = formatDay(renewsAt)
  if (plan?.cancelsAt != null) return `${formatNumber(units)} until ${day}`
  return `${formatNumber(units)} ${units === 1 ? 'renews' : 'renew'} on ${day}`
}
