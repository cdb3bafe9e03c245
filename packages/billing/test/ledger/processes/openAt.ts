import { Pool } from 'pg'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { LedgerOptions } from '../../../src/ledger/ledgerOptions.ts'
import type { PostgresClient } from '../../../src/ledger/stores/postgres/index.ts'
import { postgresLedger } from '../../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../../src/ledger/stores/sqlite/sqliteLedger.ts'

/**
 * Opens a ledger in a file or at a `postgres://` address.
 *
 * @param offsetMs Returns the ledger clock's offset.
 * @param inTransaction Runs between locking and writing in every transaction that writes. In this function, a test
 * can kill or stop the process.
 */
export function openAt(
  address: string,
  {
    offsetMs,
    inTransaction = () => {},
    ...numbers
  }: LedgerOptions & { offsetMs?: () => number; inTransaction?: () => void } = {},
) {
  const now = () => Date.now() + (offsetMs?.() ?? 0)
  if (!address.startsWith('postgres:')) {
    const readClock = () => {
      inTransaction()
      return now()
    }
    return disposable(sqliteLedger(address, { ...numbers, clock: { now: readClock } }), async () => {})
  }
  const pool = new Pool({ connectionString: address, max: 4 })
  pool.on('connect', (client: PostgresClient) => {
    const query = client.query.bind(client)
    client.query = (...args) => {
      if (args[0].text.includes('metered.write_')) inTransaction()
      return query(...args)
    }
  })
  const clock = offsetMs ? { clock: { now } } : {}
  return disposable(postgresLedger(pool, { ...numbers, ...clock }), () => pool.end())
}

const disposable = (ledger: Ledger, end: () => Promise<void>) => ({
  ledger,
  async [Symbol.asyncDispose]() {
    await ledger.close()
    await end()
  },
})
