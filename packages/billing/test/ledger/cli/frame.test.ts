import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../../src/cli/runCommand.ts'
import { connect } from '../../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { packageFolder } from '../../apps/createApp.ts'
import { fetched, units } from '../builders.ts'
import { createDatabase, query } from '../postgres.ts'
import { metered, meteredJson, meteredProcess, storeNames, stores } from './cli.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-frame-'))
})
afterAll(() => rm(folder, { recursive: true }))

const failed = (message: string) => ({ code: 1, stdout: '', stderr: expect.stringContaining(message) })

test('reports a missing ledger in one line and creates no file', async () => {
  const file = join(folder, 'missing.db')
  const result = await meteredProcess(folder, ['restored', '--reason=x', '--ledger', 'missing.db'])
  expect(result).toEqual({
    code: 1,
    stdout: '',
    stderr: `The ledger's file ${file} does not exist. Pass another path.\n`,
  })
  expect(existsSync(file)).toBe(false)
})

test('adds no tables to a database that contains no ledger', async () => {
  const file = join(folder, 'app.db')
  const db = connect(file)
  db.exec('CREATE TABLE app (id integer)')
  expect(await metered(file, 'restored', '--reason=x')).toEqual(failed(`There is no ledger in ${file}.`))
  expect(db.prepare('SELECT name FROM sqlite_master').all()).toHaveLength(1)
  db.close()

  const database = await createDatabase()
  expect(await metered(database, 'restored', '--reason=x')).toEqual(failed('There is no ledger in'))
  expect(await query(database, "SELECT to_regnamespace('metered') AS it")).toEqual([{ it: null }])
})

test('rejects a file that isn’t a database', async () => {
  const file = join(folder, 'notes.txt')
  await writeFile(file, 'Not a database. '.repeat(100))
  expect(await metered(file, 'restored', '--reason=x')).toEqual(failed('is not a SQLite database'))
})

describe.each(storeNames)('%s', (name) => {
  test('rejects a ledger of another release without migrating it', async () => {
    await using it = await stores[name]()
    await it.ledger.health()
    const change = async (sql: (table: string) => string) => {
      if (name === 'PostgreSQL') await query(it.address, sql('metered.migration'))
      else connect(it.address).exec(sql('metered_migration'))
    }
    await change((table) => `INSERT INTO ${table} (id) VALUES (1000)`)
    expect(await metered(it.address, 'restored', '--reason=x')).toEqual(
      failed('A newer release of @metered/billing'),
    )
    await change((table) => `DELETE FROM ${table} WHERE id >= 4`)
    expect(await metered(it.address, 'restored', '--reason=x')).toEqual(
      failed('belongs to an earlier release'),
    )
  })

  test('marks a ledger as restored while a server runs', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const { version } = await it.ledger.balances('ada')
    const argv = ['restored', '--reason', 'The disk failed', '--by', 'olga']
    const result = await meteredProcess(tmpdir(), argv, { METERED_LEDGER: it.address })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toContain('Next: start the server.')
    expect(await it.ledger.restoreState()).toMatchObject({ isRecovering: true })
    expect((await it.ledger.balances('ada')).version).toBeGreaterThan(version + 1_000_000)
    expect(result.stdout).toMatch(/Z restored, by olga: The disk failed\n +restored +never → .+Z\n/)
    const again = await meteredJson(it.address, 'restored', '--reason', 'To be sure')
    const acts = await it.ledger.ledgerActs()
    expect(acts).toMatchObject([{ by: 'olga', reason: 'The disk failed' }, { reason: 'To be sure' }])
    expect(again).toEqual({ ledger: await it.ledger.id(), isRecovering: true, act: acts[1] })
  })
})

test('prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  expect(await runCommand(['--version'], { folder, env: {}, user: 'olga' })).toEqual({
    code: 0,
    stdout: `${version}\n`,
    stderr: '',
  })
})

test.each([
  ['pricing', ' Did you mean metered pricing push?'],
  ['price', ''],
])('suggests the commands that start with an unknown word: %s', async (word, suggestion) => {
  expect(await runCommand([word, 'x'], { folder, env: {}, user: 'olga' })).toEqual({
    code: 2,
    stdout: '',
    stderr: `Unknown command: ${word}.${suggestion} metered --help lists the commands.\n`,
  })
})

test('hides the password when it reports an unreachable database', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('Expected a port')
  const url = `postgres://metered:s3cr%21t@127.0.0.1:${address.port}/app?sslmode=disable`
  const result = await metered(url, 'restored', '--reason=x')
  server.close()
  expect(result).toEqual(failed("The ledger's database isn't responding: "))
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
  expect(`${result.stdout}${result.stderr}`).not.toMatch(/s3cr/)
})

test.each([
  ['postgres://metered:s3cr%21t@db.example/app'],
  ['restored', '--reason=x', '--ledger', 'mysql://metered:s3cr%21t@db.example/app'],
  ['restored', '--reason=x', 'postgres://metered:s3cr%21t@db.example/app'],
  ['restored', '--reason=x', '--url=postgres://metered:s3cr%21t@db.example/app'],
  ['restored', '--reason=x'],
])('exits with 2 on a wrong command line without printing its password: %j', async (...argv) => {
  const result = await runCommand(argv, { folder, env: {}, user: 'olga' })
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
  expect(result.stderr).not.toMatch(/s3cr/)
})
