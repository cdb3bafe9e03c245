import { Pool } from 'pg'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { LedgerOptions } from '../../../src/ledger/ledgerOptions.ts'
import { postgresLedger } from '../../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../../src/ledger/stores/sqlite/sqliteLedger.ts'

/**
 * Opens a ledger in a file or at a `postgres://` address.
 *
 * @param offsetMs Returns the ledger clock's offset. The ledger calls this function in every transaction,
 * after locking and before writing, so a test can kill or stop the process at that moment.
 */
export function openAt(address: string, offsetMs?: () => number, numbers: LedgerOptions = {}) {
  const clock = offsetMs ? { clock: { now: () => Date.now() + offsetMs() } } : {}
  const options = { ...numbers, ...clock }
  if (!address.startsWith('postgres:')) {
    const ledger = sqliteLedger(address, options)
    return disposable(ledger, async () => {})
  }
  const pool = new Pool({ connectionString: address, max: 4 })
  return disposable(postgresLedger(pool, options), () => pool.end())
}

const disposable = (ledger: Ledger, end: () => Promise<void>) => ({
  ledger,
  async [Symbol.asyncDispose]() {
    await ledger.close()
    await end()
  },
})
