/** A grant that usage may consume. */
interface Spendable {
  id: string
  remaining: number
  expiresAt: number | null
}

/**
 * Which credits a usage cost consumes: those that expire first, never-expiring last, ties by id, so that what would be
 * lost soonest is used soonest. What no credit covers is outstanding: the balance goes negative, nothing is refused.
 */
export function applyCredits(credits: readonly Spendable[], cost: number) {
  const order = [...credits].sort(
    (a, b) => (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity) || (a.id < b.id ? -1 : 1),
  )
  const applied: { id: string; remaining: number }[] = []
  let outstanding = cost
  for (const { id, remaining } of order) {
    if (outstanding === 0) break
    const taken = Math.min(remaining, outstanding)
    applied.push({ id, remaining: remaining - taken })
    outstanding -= taken
  }
  return { applied, outstanding }
}

/** Overage is sold in units of `usageEventsPerUnit`; a started unit is charged whole. */
export const overageUnits = (outstanding: number, usageEventsPerUnit: number) =>
  Math.ceil(outstanding / usageEventsPerUnit)

/** Credits of one feature of a plan: per unit of quantity, except on top-ups (see `grantPurchasedCredits`). */
export const grantAmount = (featureAmount: number | null, quantity: number) => (featureAmount ?? 0) * quantity
