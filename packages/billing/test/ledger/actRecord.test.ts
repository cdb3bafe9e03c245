import { expect, test } from 'vitest'
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

test('keeps the record of acts from being changed (SQLite)', async () => {
  await using it = await stores.SQLite()
  const record = await anActIn(it.ledger)
  const db = connect(it.address)
  for (const change of [...changes, (table: string) => `REPLACE INTO ${table} SELECT * FROM ${table}`])
    expect(() => db.exec(change('metered_act'))).toThrow("The record of acts can't be changed")
  db.close()
  expect(await actsOf(it.ledger)).toEqual(record)
})

test('keeps the record of acts from being changed (PostgreSQL)', async () => {
  await using it = await stores.PostgreSQL()
  const record = await anActIn(it.ledger)
  for (const change of [...changes, (table: string) => `TRUNCATE ${table}`])
    await expect(query(it.address, change('metered.act'))).rejects.toThrow(
      "The record of acts can't be changed",
    )
  expect(await actsOf(it.ledger)).toEqual(record)
})

/** Does one act, and returns the record. */
async function anActIn(ledger: Awaited<ReturnType<typeof stores.SQLite>>['ledger']) {
  await fetched(ledger, units(10))
  const reserve = aReserve()
  await ledger.execute(reserve)
  await ledger.execute(anAct({ type: 'release', attempt: reserve.attempt }))
  const record = await actsOf(ledger)
  expect(record).toHaveLength(1)
  return record
}
