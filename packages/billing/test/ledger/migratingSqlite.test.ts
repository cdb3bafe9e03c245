import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { migrations } from '../../src/ledger/stores/sqlite/migrations.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { tables } from '../../src/ledger/stores/tables.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { deliver, spend } from './contract/steps.ts'

/** The number of migrations after which the table of events still has no rowid. */
const withoutRowid = 4

test('migrates a ledger of an earlier release without losing charges or waiting events', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-migrating-'))
  const file = join(folder, 'ledger.db')
  const current = join(folder, 'current.db')
  const reserve = aReserve()
  let charges: unknown[] = []
  {
    await using ledger = sqliteLedger(current)
    await fetched(ledger, units(10))
    await spend(ledger, 2)
    await deliver(ledger)
    await ledger.execute(reserve)
    await ledger.execute(settleOf(reserve))
    charges = (await ledger.charges({ customer: 'ada', limit: 10, cursor: null })).charges
  }
  const earlier = connect(file)
  earlier.exec(`CREATE TABLE metered_migration (id integer PRIMARY KEY); ATTACH '${current}' AS current`)
  for (const [id, sql] of migrations.slice(0, withoutRowid).entries()) {
    earlier.exec(`${sql}; INSERT INTO metered_migration (id) VALUES (${id})`)
  }
  for (const { name } of Object.values(tables)) {
    const columns = earlier.prepare(`SELECT name FROM pragma_table_info('metered_${name}')`).all()
    const list = z
      .array(z.object({ name: z.string() }))
      .parse(columns)
      .map((it) => `"${it.name}"`)
      .join(', ')
    if (list !== '')
      earlier.exec(`INSERT INTO metered_${name} (${list}) SELECT ${list} FROM current.metered_${name}`)
  }
  earlier.close()

  {
    await using ledger = sqliteLedger(file)
    const read = await ledger.charges({ customer: 'ada', limit: 10, cursor: null })
    expect(charges).toHaveLength(2)
    expect(read.charges).toEqual(charges)
    await ledger.execute(settleOf(reserve))
    expect((await ledger.balances('ada')).balances).toMatchObject([{ available: 7, used: 3 }])
    expect((await ledger.health()).waiting).toBe(1)
    await deliver(ledger)
    expect((await ledger.health()).waiting).toBe(0)
  }
  await rm(folder, { recursive: true })
})
