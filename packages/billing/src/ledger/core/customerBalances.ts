import type { Balance, CustomerBalances } from '../reads.ts'
import { available, availableWithoutHolds } from './available.ts'
import { freeBalance } from './freeBalance.ts'
import { pastDueOf } from './pastDue.ts'
import { isOutdated, needsFetch } from './period.ts'
import type { AccountRow, CustomerRow } from './rows.ts'
import { snapshotAge } from './snapshotAge.ts'

/**
 * Returns a customer's balances. `parked` counts the events from all subscriptions. The other values cover only
 * the snapshot's subscription.
 */
export function customerBalances(
  row: CustomerRow | null,
  accounts: AccountRow[],
  now: number,
): CustomerBalances {
  if (!row) return { version: 0, lastAlertAt: 0, snapshot: null, balances: [] }
  const meters = [...new Set(accounts.map((account) => account.meter))].sort()
  return {
    version: row.version,
    lastAlertAt: row.lastAlertAt,
    snapshot: snapshotOf(row, accounts, now),
    balances: meters.map((meter) => {
      const ofMeter = accounts.filter((account) => account.meter === meter)
      return balance(meter, ofMeter, row.subscription)
    }),
  }
}

function snapshotOf(row: CustomerRow, accounts: AccountRow[], now: number): CustomerBalances['snapshot'] {
  if (row.fetchedAt === null) return null
  return {
    subscription: row.snapshot,
    asOf: row.fetchedAt,
    ageMs: snapshotAge(row.fetchedAt, now),
    outdated: isOutdated(row, now),
    needsFetch: needsFetch(row, now),
    pastDue: pastDueOf(row.snapshot, now),
    free: freeBalances(row, accounts),
  }
}

function freeBalances({ snapshot, subscription }: CustomerRow, accounts: AccountRow[]): Balance[] {
  const current = accounts.filter((account) => account.subscription === subscription)
  return current.map((account) => {
    const { meter, parked } = account
    const balance = freeBalance(account, snapshot?.freePlan?.grants[meter] ?? 0)
    // Adjustments don't change the default plan's balance.
    return { meter, ...balance, adjusted: 0, parked }
  })
}

function balance(meter: string, accounts: AccountRow[], subscription: string | null): Balance {
  const parked = accounts.reduce((count, account) => count + account.parked, 0)
  const current = accounts.find((account) => account.subscription === subscription)
  if (!current) return { meter, available: 0, held: 0, used: 0, limit: 0, adjusted: 0, parked }
  const { held, adjusted } = current
  const limit = current.limit + adjusted
  const used = limit - availableWithoutHolds(current)
  return { meter, available: available(current), held, used, limit, adjusted, parked }
}
