import { availableWithoutHolds } from './available.ts'
import type { AccountRow } from './rows.ts'

/**
 * Returns the balance on a meter for a customer who has only the default plan's grant. All units spent in
 * this period count as used, including those spent in the grace period. Units spent before the period began
 * don't count, and operators' adjustments don't change the balance.
 */
export function freeBalance(account: AccountRow, grant: number) {
  const { limit, adjusted, usedAtFirstSight, held } = account
  const used = Math.max(0, limit + adjusted - availableWithoutHolds(account) - usedAtFirstSight)
  return { available: grant - used - held, held, used, limit: grant }
}
