/**
 * `pnpm bench`: reserve+settle pairs with 64 callers on both stores, batched against one command a transaction, and the cost of a pair as
 * customers and past events grow. Ratios within one run are what to compare; absolute numbers belong to the machine.
 */
import { join } from 'node:path'
import { Pool } from 'pg'
import type { Ledger } from '../src/ledger/ledger.ts'
import type { LedgerOptions } from '../src/ledger/ledgerOptions.ts'
import { postgresLedger } from '../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../src/ledger/stores/sqlite/sqliteLedger.ts'
import { startPostgres } from '../test/ledger/postgres.ts'
import { fill, measure, temporaryFolder } from './pairs.ts'

const durationMs = 3000
const sizes = [1000, 10_000, 100_000]

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
    ['one command a transaction', { batchCommands: 1 }],
  ] as const) {
    await using ledger = await open(options)
    await fill(ledger, ['ada'])
    await measure({ ledger, callers: 64, durationMs: 500, customer: () => 'ada' })
    const result = await measure({ ledger, callers: 64, durationMs, customer: () => 'ada' })
    rates.push(result.perSecond)
    console.log(`${name}, ${how}:`, result)
  }
  const [batched = 0, single = 1] = rates
  console.log(`${name}: batched is ${(batched / single).toFixed(1)} times as fast\n`)
}

const customers = (count: number) => Array.from({ length: count }, (_, index) => `customer-${index}`)
const anyOf = (count: number) => () => `customer-${Math.floor(Math.random() * count)}`

async function growth(name: string, ledger: Ledger) {
  for (const count of sizes) {
    await fill(ledger, customers(count))
    await measure({ ledger, callers: 64, durationMs: 500, customer: anyOf(count) })
    const result = await measure({ ledger, callers: 64, durationMs, customer: anyOf(count) })
    console.log(`${name}, ${count} customers:`, result)
  }
  for (const count of sizes) {
    const done = async () => (await ledger.health()).waiting
    while ((await done()) < count) {
      await measure({ ledger, callers: 256, durationMs: 2000, customer: anyOf(10) })
    }
    const result = await measure({ ledger, callers: 64, durationMs, customer: anyOf(10) })
    console.log(`${name}, ${await done()} past events:`, result)
  }
  console.log('')
}

for (const [name, open] of Object.entries(stores)) {
  await using ledger = await open()
  await growth(name, ledger)
}
