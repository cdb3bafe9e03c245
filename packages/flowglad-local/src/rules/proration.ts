/**
 * Returns the cost of an immediate plan change, in cents: the old plan's price for the elapsed time, plus the
 * new plan's price for the remaining time, minus the amount paid for this period. The cost is never negative,
 * because nothing is refunded.
 */
export function proratedCharge({
  oldTotal,
  newTotal,
  paid,
  elapsed,
}: {
  oldTotal: number
  newTotal: number
  paid: number
  /** The elapsed fraction of the period, from 0 to 1. */
  elapsed: number
}): number {
  return Math.max(0, Math.round(oldTotal * elapsed) + Math.round(newTotal * (1 - elapsed)) - paid)
}

/** Returns the price of one unit for the rest of a period. */
export const proratedPrice = (unitPrice: number, elapsed: number) => Math.round(unitPrice * (1 - elapsed))

interface Grantable {
  featureId: string
  usageMeterId: string
  amount: number
  recurring: boolean
}

/**
 * Returns the credits to grant for a plan change within a period. For each meter, the change grants the new
 * plan's credits for the remaining time, minus the credits already issued in this period. `once` credits
 * aren't prorated. A downgrade doesn't remove credits.
 */
export function proratedGrants(
  features: readonly Grantable[],
  { issued, elapsed }: { issued: (usageMeterId: string) => number; elapsed: number },
): { feature: Grantable; amount: number }[] {
  const shareOf = ({ recurring, amount }: Grantable) =>
    recurring ? Math.round(amount * (1 - elapsed)) : amount
  const due = new Map<string, number>()
  for (const feature of features)
    due.set(
      feature.usageMeterId,
      (due.get(feature.usageMeterId) ?? -issued(feature.usageMeterId)) + shareOf(feature),
    )
  return features.flatMap((feature) => {
    const left = due.get(feature.usageMeterId) ?? 0
    const amount = Math.min(shareOf(feature), left)
    if (amount <= 0) return []
    due.set(feature.usageMeterId, left - amount)
    return [{ feature, amount }]
  })
}
