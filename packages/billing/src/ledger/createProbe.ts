import { randomInt } from 'node:crypto'
import type { Ledger } from './ledger.ts'

/**
 * Returns whether the ID belongs to a health probe instead of a customer. `findCustomers` applies the same
 * rule in SQL.
 */
export const isProbe = (customer: string): boolean => /^health \d{1,5}$/.test(customer)

/**
 * Returns a function that writes a row through the ledger. A read isn't enough: on a full disk or in a closing
 * process, reads can succeed while writes fail. Concurrent calls share one write.
 */
export function createProbe(ledger: Pick<Ledger, 'execute'>): () => Promise<unknown> {
  let probing: Promise<unknown> | null = null
  // Each node probes its own row. If nodes shared a row, a stuck node's lock would make the ledger look
  // unusable to the other nodes. At most 65,536 such rows exist, so they need no pruning.
  const customer = `health ${randomInt(65_536)}`
  return () => {
    probing ??= ledger
      .execute({
        type: 'takeLease',
        customer,
        token: 'health',
        purpose: 'fetch',
        leaseMs: 1,
        maxEvents: 0,
        extend: false,
      })
      .finally(() => {
        probing = null
      })
    return probing
  }
}
