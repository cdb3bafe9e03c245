import type { CustomerBalances } from '../ledger.ts'
import { available, availableWithoutHolds } from './available.ts'
import type { AccountRow, CustomerRow } from './rows.ts'

/** What a customer can spend, from written rows only. Only holds and counters of the snapshot's subscription count. */
export function customerBalances(
  row: CustomerRow | null,
  accounts: AccountRow[],
  clockNow: number,
): CustomerBalances {
  if (!row) return { version: 0, snapshot: null, balances: [] }
  const now = Math.max(clockNow, row.time)
  const meters = [...new Set(accounts.map((account) => account.meter))].sort()
  return {
    version: row.version,
    snapshot:
      row.fetchedAt === null
        ? null
        : {
            subscription: row.snapshot,
            asOf: row.fetchedAt,
            ageMs: now - row.fetchedAt,
            periodOver: isPeriodOver(row, now),
            periodChecked: isPeriodChecked(row),
          },
    balances: meters.map((meter) => {
      const ofMeter = accounts.filter((account) => account.meter === meter)
      const parked = ofMeter.reduce((count, account) => count + account.parked, 0)
      const current = ofMeter.find((account) => account.subscription === row.subscription)
      if (!current) return { meter, available: 0, held: 0, used: 0, limit: 0, parked }
      return {
        meter,
        available: available(current),
        held: current.held,
        used: current.limit - availableWithoutHolds(current),
        limit: current.limit,
        parked,
      }
    }),
  }
}

/** As far as the snapshot tells; what Flowglad has granted since is not known. */
export function isPeriodOver({ snapshot }: CustomerRow, now: number): boolean {
  const periodEnd = snapshot?.periodEnd ?? null
  return periodEnd !== null && periodEnd <= now
}

/** Once per period end is enough: what Flowglad says then decides. */
export const isPeriodChecked = ({ snapshot, periodCheckedFor }: CustomerRow): boolean =>
  periodCheckedFor !== null && periodCheckedFor === snapshot?.periodEnd
