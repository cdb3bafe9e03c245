import { availableWithoutHolds } from './available.ts'
import type { AccountRow } from './rows.ts'

/**
 * Returns the balance on a meter of a customer who has only the default plan's grant. All units of this period
 * count as used, including units from the grace period. Units that were spent before the period began don't.
 */
export function freeBalance(account: AccountRow, grant: number) {
  const { limit, usedAtFirstSight, held } = account
  const used = Math.max(0, limit - availableWithoutHolds(account) - usedAtFirstSight)
  return { available: grant - used - held, held, used, limit: grant }
}
