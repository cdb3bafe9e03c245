import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Libsql from 'libsql'
import { describe, expect, test } from 'vitest'
import { greeting } from '../dev/greeting.ts'
import { deleteDatabase, isOpen } from '../dev/localDatabase.ts'
import { parseOptions, usage } from '../dev/options.ts'
import { readSettings } from '../dev/readSettings.ts'

const main = fileURLToPath(new URL('../dev/main.ts', import.meta.url))

/**
 * Runs `dev` until it exits, in a folder outside the repository and without the shell's environment
 * variables.
 */
async function runDev(args: string[], { cwd, env = {} }: { cwd: string; env?: Record<string, string> }) {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (errors += text))
  const [code] = await once(child, 'close')
  return { code, output, errors }
}

/** Creates a folder that has both databases in its `data` subfolder. */
async function aFolder() {
  const path = await mkdtemp(join(tmpdir(), 'metered-dev-'))
  const data = join(path, 'data')
  const databases = [join(data, 'flowglad.sqlite'), join(data, 'metered.sqlite')]
  await createDatabases(databases)
  return {
    path,
    databases,
    args: ['--data', 'data'],
    files: () => readdir(data),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/**
 * Creates the databases in another process, because in this process libsql would close them only during
 * garbage collection.
 */
async function createDatabases(files: string[]) {
  const script = `
    const { mkdirSync } = require('node:fs')
    const { dirname } = require('node:path')
    const Libsql = require(${JSON.stringify(fileURLToPath(import.meta.resolve('libsql')))})
    for (const file of process.argv.slice(1)) {
      mkdirSync(dirname(file), { recursive: true })
      new Libsql(file).exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)')
    }
    process.kill(process.pid, 'SIGKILL')`
  await once(spawn(process.execPath, ['-e', script, ...files]), 'close')
}

/** Chooses three ports and keeps only the web app's port in use. */
async function aTakenPort() {
  const servers = await Promise.all(
    [0, 1, 2].map(async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const [flowglad, server, web] = servers.map((it) => String((it.address() as { port: number }).port))
  for (const it of servers.slice(0, 2)) it.close()
  return {
    web: String(web),
    env: { FLOWGLAD_LOCAL_PORT: String(flowglad), PORT: String(server), WEB_PORT: String(web) },
    [Symbol.dispose]: () => servers[2]?.close(),
  }
}

describe('arguments', () => {
  test('prints the help without starting anything', async () => {
    await using folder = await aFolder()
    for (const help of ['--help', '-h'])
      expect(await runDev(['--reset', help, ...folder.args], { cwd: folder.path })).toEqual({
        code: 0,
        output: usage,
        errors: '',
      })
    expect(await folder.files()).toEqual(expect.arrayContaining(['flowglad.sqlite', 'metered.sqlite']))
  })

  test.each([
    [['--rest'], "Unknown option '--rest'"],
    [['reset'], "Unexpected argument 'reset'"],
    [['--reset', '--yes'], "Unknown option '--yes'"],
    [['--reset=no'], "Option '--reset' does not take an argument"],
  ])('rejects %j and prints the help without starting or deleting anything', async (args, reason) => {
    await using folder = await aFolder()
    const { code, output, errors } = await runDev([...folder.args, ...args], { cwd: folder.path })
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(errors).toContain(reason)
    expect(errors.endsWith(`\n\n${usage}\n`)).toBe(true)
    expect(await folder.files()).toEqual(expect.arrayContaining(['flowglad.sqlite', 'metered.sqlite']))
  })
})

describe('--reset', () => {
  const kept = expect.arrayContaining(['flowglad.sqlite', 'metered.sqlite'])

  test('deletes nothing and suggests a free port if a port is in use', async () => {
    await using folder = await aFolder()
    using port = await aTakenPort()
    const { code, errors } = await runDev(['--reset', ...folder.args], { cwd: folder.path, env: port.env })
    expect({ code, files: await folder.files() }).toEqual({ code: 1, files: kept })
    expect(errors).toMatch(new RegExp(`${port.web} +web +in use`))
    const [, suggested] = /WEB_PORT=(\d+) npx -y pnpm@12 dev --data data --reset\n/.exec(errors) ?? []
    expect(Number(suggested)).toBeGreaterThan(Number(port.web))
    expect(errors).toContain('Nothing was deleted.')
  })

  test('deletes nothing if another process has the databases open', async () => {
    await using folder = await aFolder()
    using port = await aTakenPort()
    const running = folder.databases.map((file) => new Libsql(file))
    for (const it of running) it.exec('PRAGMA journal_mode = WAL; SELECT * FROM t')
    const { code, errors } = await runDev(['--reset', ...folder.args], { cwd: folder.path, env: port.env })
    for (const it of running) it.close()
    expect({ code, files: await folder.files() }).toEqual({ code: 1, files: kept })
    expect(errors).toContain(
      'Another process has data/metered.sqlite and data/flowglad.sqlite open, probably another instance of dev. Press Ctrl-C in its terminal to stop it',
    )
    expect(errors).toContain('Nothing was deleted.')
  })

  test('deletes nothing and reports the line of a mistake in the pricing file', async () => {
    await using folder = await aFolder()
    await writeFile(join(folder.path, 'plans.yaml'), 'name: Studio\nproducts: []\nfeatures: none\n')
    const env = { FLOWGLAD_LOCAL_PRICING: 'plans.yaml' }
    const { code, errors } = await runDev(['--reset', ...folder.args], { cwd: folder.path, env })
    expect({ code, files: await folder.files() }).toEqual({ code: 1, files: kept })
    expect(errors).toContain('plans.yaml:3: features: must be a list, not "none"')
    expect(errors).toContain('Nothing was deleted.')
  })

  test.each([
    ['DATABASE_URL', 'file:other.sqlite', 'other.sqlite'],
    ['DATABASE_URL', 'postgres://ada:secret@127.0.0.1:9/shop', 'postgres://127.0.0.1:9/shop'],
    ['FLOWGLAD_LOCAL_DB', 'other.sqlite', 'other.sqlite'],
  ])('deletes nothing if %s selects another database (%s)', async (variable, value, shown) => {
    await using folder = await aFolder()
    await createDatabases([join(folder.path, 'other.sqlite')])
    const env = { [variable]: value }
    const { code, errors } = await runDev(['--reset', ...folder.args], { cwd: folder.path, env })
    expect({ code, files: await folder.files() }).toEqual({ code: 1, files: kept })
    expect(await readdir(folder.path)).toContain('other.sqlite')
    expect(errors).toContain(`${variable} selects another database: ${shown}. Unset ${variable}, or`)
    expect(errors).toContain('Nothing was deleted.')
  })

  test('deletes only the database and the files that SQLite keeps next to it', async () => {
    await using folder = await aFolder()
    const [flowglad = ''] = folder.databases
    await writeFile(`${flowglad}.backup`, '')
    const before = await folder.files()
    const deleted = before.filter((it) => /^flowglad\.sqlite(-wal|-shm)?$/.test(it))
    expect(deleted.length).toBeGreaterThan(1)
    expect(deleteDatabase(flowglad)).toEqual(expect.arrayContaining([flowglad]))
    expect(await folder.files()).toEqual(before.filter((it) => !deleted.includes(it)))
  })

  test('detects whether a database is open and leaves the database unlocked', async () => {
    await using folder = await aFolder()
    const [file = ''] = folder.databases
    expect([isOpen(file), isOpen(file)]).toEqual([false, false])
    const database = new Libsql(file)
    database.exec('PRAGMA journal_mode = WAL; SELECT * FROM t')
    expect(isOpen(file)).toBe(true)
    database.close()
    expect(isOpen(file)).toBe(false)
    await writeFile(file, 'Not a database at all, and longer than the header of one. '.repeat(10))
    expect([isOpen(file), isOpen(join(folder.path, 'none.sqlite'))]).toEqual([false, false])
  })
})

describe('greeting', () => {
  const greetingOf = (args: string[], env = {}) => greeting(readSettings(env, parseOptions(args)))

  test('prints a reset command that works without pnpm and repeats the ports and the data folder', () => {
    expect(greetingOf([])).toContain('Reset        npx -y pnpm@12 dev --reset ')
    expect(greetingOf(['--data', 'mine', '--reset'], { WEB_PORT: '8000' })).toContain(
      'Reset        WEB_PORT=8000 npx -y pnpm@12 dev --data mine --reset ',
    )
  })

  test('shows where emails arrive unless a mail server is configured', () => {
    expect(greetingOf([])).toContain('Mailbox      http://localhost:5173/dev/mailbox ')
    expect(greetingOf([], { SMTP_URL: 'smtp://mail.example' })).not.toContain('Mailbox')
  })

  test("mentions no test cards or plan edits if Flowglad isn't local", () => {
    const text = greetingOf([], {
      FLOWGLAD_BASE_URL: 'https://flowglad.example',
      FLOWGLAD_SECRET_KEY: 'sk_own',
    })
    expect(text).toContain('https://flowglad.example')
    expect(text).not.toMatch(/Test card|Plans/)
  })
})

test("keeps the databases in the repository's .data folder by default", () => {
  const settings = readSettings({}, parseOptions([]))
  expect(settings.dataFolder).toBe(fileURLToPath(new URL('../../../.data', import.meta.url)))
})

describe('shell variables', () => {
  test("reports the shell's DATABASE_URL without its password", async () => {
    await using folder = await aFolder()
    using port = await aTakenPort()
    const env = { ...port.env, DATABASE_URL: 'postgres://ada:secret@127.0.0.1:9/shop' }
    const { output, errors } = await runDev(folder.args, { cwd: folder.path, env })
    expect(output).toBe(
      'DATABASE_URL comes from your shell: postgres://127.0.0.1:9/shop. Unset it to use data/metered.sqlite.\n',
    )
    expect(output + errors).not.toContain('secret')
  })

  test('treats empty shell variables as unset', () => {
    const settings = readSettings({ DATABASE_URL: '', FLOWGLAD_BASE_URL: '' }, { data: undefined })
    expect(settings.notes).toEqual([])
    expect(settings.withFlowgladLocal).toBe(true)
    expect(settings.databases.metered).toEqual({ type: 'sqlite', file: settings.localDatabases.metered })
  })

  test('reports the shell variables that override a default', () => {
    const variables = {
      FLOWGLAD_BASE_URL: 'https://flowglad.example',
      FLOWGLAD_SECRET_KEY: 'sk_own',
      FLOWGLAD_LOCAL_DB: '/tmp/flowglad.sqlite',
      FLOWGLAD_LOCAL_PRICING: '/tmp/pricing.yaml',
      PUBLIC_URL: 'https://studio.example',
      OPENAI_BASE_URL: 'https://models.example/v1',
    }
    const { notes } = readSettings(variables, { data: undefined })
    expect(notes.map((note) => note.split(' ')[0])).toEqual(
      Object.keys(variables).filter((name) => name !== 'FLOWGLAD_SECRET_KEY'),
    )
    expect(notes.join()).not.toContain('sk_own')
  })

  test('rejects an invalid DATABASE_URL before any process starts', async () => {
    await using folder = await aFolder()
    const env = { DATABASE_URL: 'mysql://127.0.0.1/shop' }
    const { code, errors } = await runDev(folder.args, { cwd: folder.path, env })
    expect(code).toBe(1)
    expect(errors).toContain('DATABASE_URL must be file:/a/path or postgres://…')
  })

  test.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 1 to 65535, not "http".'],
    [{ PORT: '0' }, 'PORT must be a whole number from 1 to 65535, not "0".'],
    [{ PORT: '5173' }, 'must be different, not 4010, 5173, 5173.'],
  ])('rejects the ports %j', (env, message) => {
    expect(() => readSettings(env, { data: undefined })).toThrow(message)
  })
})

test('runs from package.json as `pnpm dev`', async () => {
  const root = new URL('../../../', import.meta.url)
  const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'))
  const [tool, script] = scripts.dev.split(' ')
  expect([tool, fileURLToPath(new URL(script, root))]).toEqual(['tsx', main])
})
