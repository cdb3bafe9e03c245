/**
 * `pnpm bench` measures the rate of reserve+settle pairs with 64 callers. It measures both stores, each with
 * batched commands and with one command per transaction. Absolute numbers depend on the machine, so compare
 * the ratios within one run. `growth.ts` shows how costs grow with the ledger.
 */
import { join } from 'node:path'
import { Pool } from 'pg'
import { startPostgres } from 'test-postgres'
import type { LedgerOptions } from '../src/ledger/ledgerOptions.ts'
import { postgresLedger } from '../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../src/ledger/stores/sqlite/sqliteLedger.ts'
import { fill, measure, temporaryFolder } from './pairs.ts'

const durationMs = 3000

await using folder = await temporaryFolder()
await using server = await startPostgres()
let files = 0
const stores = {
  SQLite: async (options: LedgerOptions = {}) => {
    files += 1
    return sqliteLedger(join(folder.path, `ledger_${files}.db`), options)
  },
  PostgreSQL: async (options: LedgerOptions = {}) =>
    postgresLedger(
      new Pool({ connectionString: await server.createDatabase(), allowExitOnIdle: true }),
      options,
    ),
}

for (const [name, open] of Object.entries(stores)) {
  const rates: number[] = []
  for (const [how, options] of [
    ['batched', {}],
    ['one command per transaction', { batchCommands: 1 }],
  ] as const) {
    await using ledger = await open(options)
    await fill(ledger, ['ada'])
    await measure({ ledger, callers: 64, durationMs: 500, customer: () => 'ada' })
    const result = await measure({ ledger, callers: 64, durationMs, customer: () => 'ada' })
    rates.push(result.perSecond)
    console.log(`${name}, ${how}:`, result)
  }
  const [batched = 0, single = 1] = rates
  console.log(`${name}: batching is ${(batched / single).toFixed(1)} times as fast\n`)
}
