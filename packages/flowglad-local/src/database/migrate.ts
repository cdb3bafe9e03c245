import { z } from 'zod'
import type { Database } from './Database.ts'

const olderEntry = z.object({
  subscriptionId: z.string(),
  usageMeterId: z.string(),
  priceId: z.string().nullable(),
  outstanding: z.number().default(0),
})

/**
 * Moves the outstanding units of each ledger entry to the entry's account. Version 0 of the file format
 * stored these units in the entry.
 */
export function moveOutstandingToAccounts({ ledgerAccounts, ledgerEntries }: Database): void {
  for (const account of ledgerAccounts.all()) ledgerAccounts.put({ ...account, outstanding: {} })
  for (const entry of ledgerEntries.all()) {
    const { subscriptionId, usageMeterId, priceId, outstanding } = olderEntry.parse(entry)
    const account = ledgerAccounts.first('account', `${subscriptionId}\u0000${usageMeterId}`)
    if (!account || priceId === null || outstanding === 0) continue
    const before = account.outstanding[priceId] ?? 0
    ledgerAccounts.patch(account.id, {
      outstanding: { ...account.outstanding, [priceId]: before + outstanding },
    })
  }
}
