import { expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { LedgerOptions } from '../../src/ledger/ledgerOptions.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { fetched, units } from './builders.ts'
import { spend } from './contract/steps.ts'

type Create = (options: LedgerOptions) => Ledger

const stores: [string, Create][] = [
  ['sqliteLedger', (options) => sqliteLedger(':memory:', options)],
  ['postgresLedger', (options) => postgresLedger('postgres://127.0.0.1:1/none', options)],
]
test.each(stores)('%s rejects thresholds that no alert can store', (_, create) => {
  const invalid = [[99.9], [0], [-1], [Number.NaN], [1_001], Array.from({ length: 11 }, (_, n) => n + 1)]
  for (const grantThresholds of invalid)
    expect(() => create({ grantThresholds })).toThrow('`grantThresholds` needs up to 10 whole numbers')
})

test('a ledger without thresholds raises no alerts for grants', async () => {
  await using ledger = sqliteLedger(':memory:', { grantThresholds: [] })
  await fetched(ledger, units(10))
  await spend(ledger, 10)
  expect(await ledger.alerts({ customer: 'ada', limit: 10 })).toEqual([])
})
