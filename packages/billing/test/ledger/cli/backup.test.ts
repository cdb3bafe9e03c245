import { copyFileSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aReserve, fetched, settleOf, units } from '../builders.ts'
import { listBudgets, setBudget, spend } from '../contract/steps.ts'
import { metered, meteredJson, meteredProcess, stores } from './cli.ts'

/** Creates a SQLite ledger with 1000 units. `copy` is the path for the backup; no file exists there yet. */
async function aLedger() {
  const it = await stores.SQLite()
  onTestFinished(() => it[Symbol.asyncDispose]())
  await fetched(it.ledger, units(1000))
  return { ...it, folder: dirname(it.address), copy: join(dirname(it.address), 'copy.db') }
}

test('copies every successful call while a server keeps writing', async () => {
  const { address, ledger, folder, copy } = await aLedger()
  let answered = 0
  let isCopied = false
  const working = (async () => {
    while (!isCopied) {
      const reserve = aReserve()
      await ledger.execute(reserve)
      await ledger.execute(settleOf(reserve))
      answered += 1
    }
  })()
  await expect.poll(() => answered).toBeGreaterThan(10)
  const before = answered
  const result = await meteredProcess(folder, ['backup', basename(copy), '--ledger', basename(address)])
  isCopied = true
  await working
  expect(result).toMatchObject({ code: 0, stderr: '' })
  expect(result.stdout).toMatch(/^Copied \/.+ to \/.+copy\.db: \d+\.\d MiB, checked\.\n$/)
  expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual(['copy.db'])

  await using restored = sqliteLedger(copy)
  const [balance] = (await restored.balances('ada')).balances
  expect(balance?.used).toBeGreaterThanOrEqual(before)
  expect(balance?.used).toBeLessThanOrEqual(answered)
})

test('keeps the ledger’s ID in a copy and prints the copy’s size', async () => {
  const { address, ledger, copy } = await aLedger()
  await spend(ledger, 3)
  const result = await meteredJson(address, 'backup', copy)
  expect(result).toEqual({ ledger: address, copy, bytes: statSync(copy).size })
  await using restored = sqliteLedger(copy)
  expect(await restored.id()).toBe(await ledger.id())
})

test('keeps a customer’s budgets, their units and their open holds in a copy', async () => {
  const { address, ledger, copy } = await aLedger()
  await setBudget(ledger)
  await spend(ledger, 3)
  await ledger.execute(aReserve())
  await metered(address, 'backup', copy)
  await spend(ledger, 1)
  await using restored = sqliteLedger(copy)
  await restored.markRestored()
  expect(await listBudgets(restored)).toMatchObject([{ limit: 5, used: 3, held: 1 }])
  await fetched(restored, units(1000))
  expect(await restored.execute(aReserve())).toMatchObject({ state: 'held' })
  expect(await restored.execute(aReserve())).toMatchObject({ state: 'overBudget' })
  expect(await restored.audit('ada')).toEqual([])
})

test('never overwrites a file, even if the file is empty', async () => {
  const { address, folder, copy } = await aLedger()
  writeFileSync(copy, '')
  expect(await metered(address, 'backup', copy)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${copy} already exists, and a backup never overwrites a file. Choose another name.\n`,
  })
  expect(statSync(copy).size).toBe(0)
  expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual(['copy.db'])
})

test('leaves no copy of a damaged ledger', async () => {
  const { address, ledger, copy, folder } = await aLedger()
  for (let count = 0; count < 200; count += 1) await spend(ledger, 1)
  await ledger.close()
  const damaged = join(folder, 'damaged.db')
  copyFileSync(address, damaged)
  // Damage the ledger: change an index's definition so that it doesn't match the index's content.
  const db = connect(damaged)
  db.exec('PRAGMA writable_schema = ON')
  db.exec(
    "UPDATE sqlite_master SET sql = replace(sql, 'WHERE prune_at', 'WHERE at') WHERE name = 'metered_event_prune'",
  )
  db.close()
  const result = await metered(damaged, 'backup', copy)
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(existsSync(copy)).toBe(false)
})

test('names the backup tools for PostgreSQL', async () => {
  const result = await metered('postgres://metered:s3cret@127.0.0.1:1/app', 'backup', 'copy.db')
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(result.stderr).toContain('pg_dump')
  expect(result.stderr).not.toContain('s3cret')
})

test('reports a missing folder', async () => {
  const { address, folder } = await aLedger()
  const result = await metered(address, 'backup', join(folder, 'missing', 'copy.db'))
  expect(result.stderr).toBe(
    `The folder ${join(folder, 'missing')} does not exist. Create it, or pass another path.\n`,
  )
})
