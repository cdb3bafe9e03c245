import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { fetched, units } from './builders.ts'
import { createEngineLedger } from './engine/engineLedger.ts'
import { engineSettings } from './engine/engineSettings.ts'
import { createDatabase, query } from './postgres.ts'

const settingsFor = (LEDGER_TEST_URL: string, others = {}) => engineSettings({ LEDGER_TEST_URL, ...others })
const schemas = (address: string) => query(address, "SELECT FROM pg_namespace WHERE nspname = 'metered'")

test('test:engine refuses a database that contains a ledger and keeps that ledger', async () => {
  const address = await createDatabase()
  await using ledger = postgresLedger(address)
  await fetched(ledger, units(10))
  await expect(createEngineLedger(settingsFor(address))).rejects.toThrow('Use an empty database')
  expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 10 }] })
})

test('test:engine runs the given SQL on a new ledger and always drops the schema', async () => {
  const address = await createDatabase()
  const file = join(tmpdir(), `engine-${process.pid}.sql`)
  onTestFinished(() => rm(file, { force: true }))
  await writeFile(file, 'CREATE TABLE metered.extra (id int)')
  {
    await using _ = await createEngineLedger(settingsFor(address, { LEDGER_TEST_SQL: file }))
    expect(await query(address, 'SELECT FROM metered.extra')).toEqual([])
  }
  expect(await schemas(address)).toEqual([])
  await writeFile(file, 'SELECT wrong')
  await expect(createEngineLedger(settingsFor(address, { LEDGER_TEST_SQL: file }))).rejects.toThrow('wrong')
  expect(await schemas(address)).toEqual([])
})

test('test:engine says which variable is missing', () => {
  expect(() => engineSettings({})).toThrow('Set LEDGER_TEST_URL')
})
