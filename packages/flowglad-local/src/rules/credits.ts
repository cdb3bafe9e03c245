/** A grant that usage can consume. */
interface Spendable {
  id: string
  remaining: number
  expiresAt: number | null
}

/**
 * Returns which credits a usage cost consumes. Credits that expire first are consumed first, and ties are
 * broken by ID. Usage that no credit covers is outstanding: the balance becomes negative, and nothing is
 * rejected.
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

/** Returns how many overage units to charge. Overage is sold in units of `usageEventsPerUnit`, rounded up. */
export const overageUnits = (outstanding: number, usageEventsPerUnit: number) =>
  Math.ceil(outstanding / usageEventsPerUnit)

/**
 * Returns the credits of a plan's feature, per unit of quantity. Top-ups ignore the quantity (see
 * `grantPurchasedCredits`).
 */
export const grantAmount = (featureAmount: number | null, quantity: number) => (featureAmount ?? 0) * quantity
