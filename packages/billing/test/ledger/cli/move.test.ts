import { randomUUID } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { copiedTables } from '../../../src/ledger/stores/ledgerCopy.ts'
import { poolSource } from '../../../src/ledger/stores/postgres/poolSource.ts'
import { postgresLedger } from '../../../src/ledger/stores/postgres/postgresLedger.ts'
import { moveOut } from '../../../src/ledger/stores/sqlite/moveOut.ts'
import { connect } from '../../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aLeg, aReserve, fetched, settleOf, units } from '../builders.ts'
import { anAct, deliver, park, setBudget, spend } from '../contract/steps.ts'
import { createDatabase, createLedgerWithoutBuckets, query } from '../postgres.ts'
import { metered, meteredProcess } from './cli.ts'

/** Creates a ledger with rows in every table, in a file that no process has open. */
async function aStoppedLedger() {
  const folder = await mkdtemp(join(tmpdir(), 'metered-move-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const used = join(folder, 'used.db')
  const file = join(folder, 'ledger.db')
  const keyed = aReserve({ key: 'k1', legs: [aLeg({ amount: 2 })] })
  const running = aReserve({ legs: [aLeg({ amount: 3 })] })
  {
    await using ledger = sqliteLedger(used)
    await fetched(ledger, units(100))
    await spend(ledger, 4)
    await deliver(ledger)
    await park(ledger, await spend(ledger, 5), 'A reason with $, " and \\')
    await spend(ledger, 6, [{ dimension: 'model', value: 'groß $1 "x"', atMost: 5 }])
    await ledger.execute(keyed)
    await ledger.execute(settleOf(keyed, { result: '{"text":"für $1 \\"x\\""}' }))
    await ledger.execute(running)
    await ledger.execute(anAct({ type: 'adjust', meter: 'generations', amount: 7 }))
    await setBudget(ledger, { limit: 5 })
    await ledger.markRestored({ id: randomUUID(), by: 'olga', reason: 'A backup' })
  }
  // Use a copy, because libsql keeps the first file open until its statements are garbage-collected.
  copyFileSync(used, file)
  return { folder, used, file, keyed, running }
}

const record = z.record(z.string(), z.unknown())

/** Returns all rows of a table, as text. */
function rowsInFile(file: string, name: string): string[] {
  const db = connect(file)
  const rows = z.array(record).parse(db.prepare(`SELECT * FROM metered_${name}`).all())
  db.close()
  return rows.map(textOf).sort()
}

async function rowsInDatabase(address: string, name: string): Promise<string[]> {
  const rows = await query(address, `SELECT to_json(t) AS row FROM metered.${name} t`)
  return z
    .array(z.object({ row: record }))
    .parse(rows)
    .map(({ row }) => textOf(row))
    .sort()
}

/** Returns a row's columns that exist in both stores, sorted by name, as JSON. */
const textOf = (row: Record<string, unknown>) =>
  JSON.stringify(
    Object.entries(row)
      .filter(([column]) => column !== 'bucket' && column !== 'moved_to')
      .sort(),
  )

/** Returns the address without the password, as in the ledger's messages. */
const shown = (address: string) => poolSource(address).address

/** Runs `metered move` in a separate process, as an operator does. */
const move = ({ folder, file }: { folder: string; file: string }, address: string) =>
  meteredProcess(folder, ['move', address, '--ledger', file])

test('moves every row of every table except denial counts to PostgreSQL', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  expect(await move(it, address)).toMatchObject({ code: 0, stderr: '' })
  for (const name of [...copiedTables, 'ledger']) {
    const rows = rowsInFile(it.used, name)
    expect(rows.length, name).toBeGreaterThan(0)
    expect(await rowsInDatabase(address, name), name).toEqual(rows)
  }
  expect(await metered(address, 'audit')).toMatchObject({ code: 0 })
})

test('replays results and settles holds that were created before the move', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  await move(it, address)
  await using ledger = postgresLedger(address)
  const retry = { ...it.keyed, attempt: aReserve().attempt }
  expect(await ledger.execute(retry)).toMatchObject({ state: 'completed' })
  expect(await ledger.execute(settleOf(it.running))).toMatchObject({ state: 'settled' })
  expect(await metered(address, 'audit')).toMatchObject({ code: 0 })
})

test('makes the moved file unusable for servers, commands and further moves', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  await move(it, address)
  const moved = `The ledger in ${it.file} was moved to ${shown(address)}. Use that database.`
  await using ledger = sqliteLedger(it.file)
  await expect(ledger.balances('ada')).rejects.toThrow(moved)
  const { code, stderr } = await metered(it.file, 'customer', 'ada')
  expect([code, stderr]).toEqual([1, `${moved}\n`])
  const file = join(it.folder, 'again.db')
  copyFileSync(it.file, file)
  const again = await move({ ...it, file }, await createDatabase())
  expect([again.code, again.stderr]).toEqual([1, `${moved.replace(it.file, file)}\n`])
})

test('rejects a file that an idle server has open', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  await using server = sqliteLedger(it.file)
  await server.balances('ada')
  const result = await move(it, address)
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('Nothing was moved, because another process uses the ledger')
  expect(await query(address, "SELECT to_regnamespace('metered') AS schema")).toEqual([{ schema: null }])
  await spend(server, 1)
})

test('never moves a ledger into another ledger that has customers', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  {
    await using other = postgresLedger(address)
    await fetched(other, units(1))
  }
  const before = await rowsInDatabase(address, 'account')
  const result = await move(it, address)
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('already has customers')
  expect(await rowsInDatabase(address, 'account')).toEqual(before)
  await using server = sqliteLedger(it.file)
  await spend(server, 1)
})

test('rejects an earlier copy of a ledger that was already moved', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  const backup = join(it.folder, 'backup.db')
  copyFileSync(it.file, backup)
  await move(it, address)
  const result = await move({ ...it, file: backup }, address)
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('already contains an earlier copy of this ledger')
  await using server = sqliteLedger(backup)
  await spend(server, 1)
})

test('does not change a ledger that another release created', async () => {
  const it = await aStoppedLedger()
  const address = await createLedgerWithoutBuckets()
  const read = () => query(address, 'SELECT id FROM metered.migration ORDER BY id')
  const before = await read()
  const result = await move(it, address)
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('belongs to an earlier release')
  expect(await read()).toEqual(before)
})

test('an open PostgreSQL ledger uses the new ID after a SQLite ledger is moved into it', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  await using open = postgresLedger(address)
  const earlier = await open.id()
  await move(it, address)
  // Delivery also reads the restore state before it sends events.
  const { ledger } = await open.restoreState()
  expect(ledger).not.toBe(earlier)
  expect(await open.id()).toBe(ledger)
})

test('a move can be repeated after a crash before or after the commit on PostgreSQL', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  const crash = moveOut(it.file, shown(address), async (_, mark) => {
    mark()
    throw new Error('The process ends here')
  })
  await expect(crash).rejects.toThrow('The process ends here')
  // Continue with a copy of the file, because libsql keeps the original open in this process.
  const file = join(it.folder, 'crashed.db')
  copyFileSync(it.file, file)
  const again = { ...it, file }
  expect((await move(again, address)).stdout).toContain('Moved ')
  expect((await move(again, address)).stdout).toContain('An earlier run has already moved the ledger')
  expect(await rowsInDatabase(address, 'event')).toEqual(rowsInFile(it.used, 'event'))
})

test('lets servers use the file again if PostgreSQL fails before the commit', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  {
    await using ledger = postgresLedger(address)
    await ledger.id()
  }
  await query(address, 'ALTER TABLE metered.daily ADD CHECK (amount < 0)')
  const result = await move(it, address)
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('violates check constraint')
  expect(await rowsInDatabase(address, 'customer')).toEqual([])
  await using server = sqliteLedger(it.file)
  await spend(server, 1)
})

test('never lets servers use the file again if the outcome of the commit is unknown', async () => {
  const it = await aStoppedLedger()
  const address = await createDatabase()
  {
    await using ledger = postgresLedger(address)
    await ledger.id()
  }
  await query(
    address,
    `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'The commit fails'; END $$;
     CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON metered.daily DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION fail()`,
  )
  expect((await move(it, address)).stderr).toContain('The commit fails')
  {
    await using server = sqliteLedger(it.file)
    await expect(server.balances('ada')).rejects.toThrow('was moved to')
  }
  await query(address, 'DROP TRIGGER fails ON metered.daily')
  const file = join(it.folder, 'again.db')
  copyFileSync(it.file, file)
  expect(await move({ ...it, file }, address)).toMatchObject({ code: 0 })
  expect(await rowsInDatabase(address, 'event')).toEqual(rowsInFile(it.used, 'event'))
})

test.each([
  [['move'], 'metered move needs <database>.'],
  [['move', 'ledger.db'], 'write a URL that begins with postgres://'],
  [['move', 'postgres://a:s3cret@127.0.0.1:1/b', '--ledger', 'missing.db'], 'missing.db does not exist.'],
  [['move', 'postgres://a@h/b', '--ledger', 'postgres://a@h/c'], 'needs --ledger with a SQLite file'],
])('explains the mistake in %j', async (argv, message) => {
  const { code, stderr } = await metered('ledger.db', ...argv)
  expect(code).toBeGreaterThan(0)
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('s3cret')
})
