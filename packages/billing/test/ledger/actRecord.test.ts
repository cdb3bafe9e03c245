import { expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { aReserve, fetched, units } from './builders.ts'
import { stores } from './cli/cli.ts'
import { actsOf } from './contract/acts.ts'
import { anAct } from './contract/steps.ts'
import { query } from './postgres.ts'

const changes = [
  (table: string) => `UPDATE ${table} SET reason = 'another'`,
  (table: string) => `DELETE FROM ${table}`,
]

test('prevents changes to the record of acts (SQLite)', async () => {
  await using it = await stores.SQLite()
  const record = await anActIn(it.ledger)
  const db = connect(it.address)
  for (const change of [...changes, (table: string) => `REPLACE INTO ${table} SELECT * FROM ${table}`])
    for (const table of ['metered_act', 'metered_ledger_act'])
      expect(() => db.exec(change(table))).toThrow("The record of acts can't be changed")
  db.close()
  expect(await recordOf(it.ledger)).toEqual(record)
})

test('prevents changes to the record of acts (PostgreSQL)', async () => {
  await using it = await stores.PostgreSQL()
  const record = await anActIn(it.ledger)
  for (const change of [...changes, (table: string) => `TRUNCATE ${table}`])
    for (const table of ['metered.act', 'metered.ledger_act'])
      await expect(query(it.address, change(table))).rejects.toThrow("The record of acts can't be changed")
  expect(await recordOf(it.ledger)).toEqual(record)
})

/** Performs one act on a customer and one on the ledger, and returns the record of both. */
async function anActIn(ledger: Ledger) {
  await fetched(ledger, units(10))
  const reserve = aReserve()
  await ledger.execute(reserve)
  await ledger.execute(anAct({ type: 'release', attempt: reserve.attempt }))
  await ledger.markRestored({ id: 'restore', by: 'olga', reason: 'The disk failed' })
  const record = await recordOf(ledger)
  expect(record).toHaveLength(2)
  return record
}

const recordOf = async (ledger: Ledger) => [...(await actsOf(ledger)), ...(await ledger.ledgerActs())]
