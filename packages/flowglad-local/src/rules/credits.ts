/** A grant that usage can consume. */
interface Spendable {
  id: string
  remaining: number
  expiresAt: number | null
}

/**
 * Returns the credits that a usage cost consumes, with their remaining units, and the outstanding cost that
 * no credit covers. Credits that expire earlier are consumed first. On a tie, the credit with the lower ID is
 * consumed first. An outstanding cost makes the balance negative.
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

/**
 * Returns the number of overage units to charge. Each unit covers `usageEventsPerUnit` of the outstanding cost.
 * A partial unit is charged as a whole unit.
 */
export const overageUnits = (outstanding: number, usageEventsPerUnit: number) =>
  Math.ceil(outstanding / usageEventsPerUnit)

/**
 * Returns the credits that a plan's feature grants for a given quantity. One-time purchases ignore the
 * quantity (see `grantPurchasedCredits`).
 */
export const grantAmount = (featureAmount: number | null, quantity: number) => (featureAmount ?? 0) * quantity
