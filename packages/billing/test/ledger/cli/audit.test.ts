import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../../src/cli/runCommand.ts'
import { connect } from '../../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { aReserve, fetched, units } from '../builders.ts'
import { deliver, park, setBudget, spend } from '../contract/steps.ts'
import { query } from '../postgres.ts'
import {
  metered,
  meteredJson,
  meteredOn,
  type OpenStore,
  recordedProgress,
  storeNames,
  stores,
} from './cli.ts'

describe.each(storeNames)('%s', (name) => {
  /** Damages a row. `{}` in the statement stands for the tables' prefix. */
  async function damage({ address }: OpenStore, sql: string) {
    if (name === 'PostgreSQL') await query(address, sql.replaceAll('{}', 'metered.'))
    else {
      const db = connect(address)
      db.exec(sql.replaceAll('{}', 'metered_'))
      db.close()
    }
  }

  test('prints one line for each problem and exits with code 1', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(100))
    await spend(it.ledger, 7)
    await deliver(it.ledger)
    await park(it.ledger, await spend(it.ledger, 2))
    await spend(it.ledger, 3, [{ dimension: 'model', value: 'small', atMost: 5 }])
    await setBudget(it.ledger, { limit: 50 })
    await it.ledger.execute(aReserve())
    expect(await meteredOn(name, it, 'audit')).toEqual({
      code: 0,
      stdout: 'Checked 1 customer and 3 usage events: the ledger is consistent.\n',
      stderr: '',
    })
    const problems: Record<string, string> = {
      'UPDATE {}account SET held = held + 1': 'held is 2, but there are 1 units of open holds',
      'UPDATE {}account SET parked = 0': 'parked is 0, but there are 1 parked events',
      'UPDATE {}account SET booked = booked + 1': 'booked − acked − dropped is 6, but there are 5 units',
      'UPDATE {}account SET acked = acked - 1, booked = booked - 1': 'acked is 6, less than the 7 units',
      'UPDATE {}account SET waived = -1': 'waived is -1, below 0',
      'UPDATE {}account SET snapshot_acked = 8': 'snapshotAcked is 8, more than acked (7)',
      'UPDATE {}customer SET undelivered = 3': 'undelivered is 3, but there are 1 waiting and sent events',
      'UPDATE {}customer SET result_bytes = 5': 'result_bytes is 5, but there are 0 bytes',
      'UPDATE {}customer SET budgets = 2': 'budgets is 2, but there are 1 rows of budgets',
      'DELETE FROM {}budget': 'budgets is 1, but there are 0 rows of budgets',
      'UPDATE {}budget SET held = 3':
        'budget month generations: held is 3, but there are 1 units of open holds',
      'UPDATE {}budget SET window_start = 7': 'budget month generations: held is 1, but there are 0 units',
      "UPDATE {}budget SET instance = 'other'": 'budget month generations: held is 1, but there are 0 units',
      'UPDATE {}budget SET used = -1': 'budget month generations: used is -1, below 0',
      'DELETE FROM {}daily': '12 units are booked, but the daily totals add up to 0',
      "DELETE FROM {}label WHERE value = ''":
        'generations by model: number is 0, but there are 1 rows of values',
      'UPDATE {}daily_label SET amount = 13':
        'generations by model: its values have 13 units, but the daily totals add up to 12',
      'DELETE FROM {}hold': 'held is 1, but there are 0 units of open holds',
    }
    const backup = ['account', 'customer', 'daily', 'hold', 'budget', 'label', 'daily_label']
    for (const table of backup) await damage(it, `CREATE TABLE saved_${table} AS SELECT * FROM {}${table}`)
    for (const [change, problem] of Object.entries(problems)) {
      await damage(it, change)
      const { code, stdout } = await metered(it.address, 'audit')
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(problem) })
      for (const table of backup)
        await damage(it, `DELETE FROM {}${table}; INSERT INTO {}${table} SELECT * FROM saved_${table}`)
    }
    expect(await metered(it.address, 'audit')).toMatchObject({ code: 0 })
    await damage(it, 'UPDATE {}customer SET undelivered = 3')
    expect(await meteredJson(it.address, 'audit')).toEqual({
      customers: 1,
      usageEvents: 3,
      violations: [{ customer: 'ada', problem: expect.stringContaining('undelivered is 3') }],
    })
  })
})

test('reports an empty ledger as consistent', async () => {
  await using it = await stores.SQLite()
  await it.ledger.health()
  expect(await metered(it.address, 'audit')).toMatchObject({
    code: 0,
    stdout: 'Checked 0 customers and 0 usage events: the ledger is consistent.\n',
  })
})

test('shows its progress every 100 customers', async () => {
  await using it = await stores.SQLite()
  for (let index = 0; index < 201; index += 1)
    await fetched(it.ledger, units(1), { customer: `customer ${index}` })
  const { shown, progress } = recordedProgress()
  const context = { folder: tmpdir(), env: { METERED_LEDGER: it.address }, user: 'olga', progress }
  expect(await runCommand(['audit'], context)).toMatchObject({ code: 0 })
  expect(shown).toEqual(['Checked 100 customers', 'Checked 200 customers'])
})

test('requires the secret key with --flowglad', async () => {
  expect(await metered('missing.db', 'audit', '--flowglad')).toMatchObject({ code: 2 })
})
