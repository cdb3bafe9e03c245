import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aReserve, fetched, units } from './builders.ts'
import { sqliteDrivers } from './sqliteDrivers.ts'

/** Returns the error that a ledger's first read throws. Asserts that the first command throws the same error. */
async function openingError(ledger: Ledger): Promise<LedgerUnavailableError> {
  const [read, command] = await Promise.all(
    [ledger.health(), ledger.execute(aReserve())].map((answer) => answer.catch((error: unknown) => error)),
  )
  if (!(read instanceof LedgerUnavailableError)) throw read
  expect(command).toMatchObject({ reason: read.reason, message: read.message })
  return read
}

describe.each(sqliteDrivers)('opening a SQLite file through %s', (driver) => {
  let root = ''
  let folder = ''
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'metered-opening-'))
    chmodSync(root, 0o755)
  })
  afterAll(() => rmSync(root, { recursive: true }))
  const open = (name: string) => {
    folder = mkdtempSync(join(root, 'test-'))
    chmodSync(folder, 0o755)
    const file = join(folder, name)
    const ledger = sqliteLedger(file, { driver, cannotWriteAfterMs: 50 })
    onTestFinished(() => ledger.close())
    return { file, ledger }
  }

  /** Opens a ledger with 10 available units and creates a backup file with 3. */
  const openWithBackup = async () => {
    const old = open('backup.db')
    await fetched(old.ledger, units(3))
    connect(old.file, driver).exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const { file, ledger } = open('ledger.db')
    await fetched(ledger, units(10))
    return {
      file,
      ledger,
      /** Moves the backup to the ledger's path and checks that the running ledger uses it. */
      async restore() {
        renameSync(old.file, file)
        expect(await ledger.execute(aReserve())).toMatchObject({ state: 'held' })
        expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 2 }] })
      },
    }
  }

  test('close() leaves a file that can be copied as a backup', async () => {
    const { file, ledger } = open('ledger.db')
    await fetched(ledger, units(10))
    await ledger.close()
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    const restored = sqliteLedger(copy, { driver })
    onTestFinished(() => restored.close())
    expect(await restored.balances('ada')).toMatchObject({ balances: [{ available: 10 }] })
  })

  test('does not create the file before the first read or command', async () => {
    for (const use of [
      (ledger: Ledger) => ledger.balances('ada'),
      (ledger: Ledger) => ledger.execute(aReserve()),
    ]) {
      const { file, ledger } = open('ledger.db')
      expect(existsSync(file)).toBe(false)
      await use(ledger)
      expect(existsSync(file)).toBe(true)
    }
  })

  test('creates no file for a ledger that is closed before its first use', async () => {
    const { file, ledger } = open('ledger.db')
    await ledger.close()
    const closing = expect.objectContaining({ reason: 'closing' })
    await expect(ledger.balances('ada')).rejects.toEqual(closing)
    await expect(ledger.execute(aReserve())).rejects.toEqual(closing)
    expect(existsSync(file)).toBe(false)
  })

  test('reports a missing folder and opens the ledger once the folder exists', async () => {
    const { ledger } = open('missing/ledger.db')
    const missing = join(folder, 'missing')
    expect(await openingError(ledger)).toMatchObject({
      reason: 'cannotOpen',
      message: `The ledger's folder ${missing} does not exist. Create it, or pass another path.`,
    })
    mkdirSync(missing)
    expect(await ledger.balances('ada')).toMatchObject({ version: 0 })
  })

  test("recovers after the ledger's folder is moved away and back at run time", async () => {
    const { ledger } = open('ledger.db')
    await fetched(ledger, units(10))
    renameSync(folder, `${folder}-moved`)
    await expect(ledger.execute(aReserve())).rejects.toMatchObject({
      reason: 'cannotOpen',
      message: expect.stringContaining(`The ledger's folder ${folder} does not exist.`),
    })
    expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 10 }] })
    renameSync(`${folder}-moved`, folder)
    expect(await ledger.execute(aReserve())).toMatchObject({ state: 'held' })
    expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 9 }] })
  })

  test("uses a backup that replaces the ledger's file at run time", async () => {
    const { file, restore } = await openWithBackup()
    for (const ending of ['-wal', '-shm']) rmSync(file + ending)
    await restore()
  })

  test("creates no empty ledger if the ledger's file is deleted at run time", async () => {
    const { file, ledger, restore } = await openWithBackup()
    for (const ending of ['', '-wal', '-shm']) rmSync(file + ending)
    await expect(ledger.execute(aReserve())).rejects.toMatchObject({
      reason: 'cannotWrite',
      message: `The ledger's file ${file} was moved or deleted. Restore the file, or restart the process to begin with an empty ledger.`,
    })
    expect(existsSync(file)).toBe(false)
    await restore()
  })

  test('reports a path that leads to a folder or to a file that is not a database', async () => {
    const { file, ledger } = open('ledger.db')
    mkdirSync(file)
    expect((await openingError(ledger)).message).toBe(
      `The ledger's path ${file} is a folder. Pass a file path.`,
    )
    rmSync(file, { recursive: true })
    writeFileSync(file, 'This text is long enough to be mistaken for a database. '.repeat(100))
    expect((await openingError(ledger)).message).toBe(
      `The ledger's file ${file} is not a SQLite database. Pass another path.`,
    )
  })

  test('reports a file that this process can’t write or create', async () => {
    const { file, ledger } = open('ledger.db')
    const message = `The ledger needs to write to ${file} and its folder, but can't. Change their permissions, or pass another path.`
    chmodSync(folder, 0o555)
    await asOrdinaryUser(async () => expect((await openingError(ledger)).message).toBe(message))
    chmodSync(folder, 0o777)
    writeFileSync(file, '')
    chmodSync(file, 0o444)
    await asOrdinaryUser(async () => expect((await openingError(ledger)).message).toBe(message))
  })

  test('waits for another process’s migration without blocking the event loop', async () => {
    const { file, ledger } = open('ledger.db')
    const other = connect(file, driver)
    other.exec('BEGIN EXCLUSIVE')
    const answered = vi.fn()
    const read = ledger.balances('ada').then(answered)
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
    expect(answered).not.toHaveBeenCalled()
    other.exec('COMMIT')
    other.close()
    await read
    expect(answered).toHaveBeenCalledWith(expect.objectContaining({ version: 0 }))
  })
})

/** Runs `work` without root privileges, because root can write anywhere. */
async function asOrdinaryUser(work: () => Promise<void>) {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

const address = (path: string) => sqliteLedger(path).address

test("uses the file's absolute path as the address", () => {
  const file = join(tmpdir(), 'ledger.db')
  expect(address(file)).toBe(file)
  expect(address(relative(process.cwd(), file))).toBe(file)
})

test('gives each in-memory ledger a unique address', () => {
  expect(address(':memory:')).not.toBe(address(':memory:'))
})

test.each(['postgres://localhost/app', 'file:./app.db', 'file:///tmp/app.db'])(
  'requires a file path instead of the URL %s',
  (url) => {
    expect(() => sqliteLedger(url)).toThrow('needs a file path')
  },
)

test.each([undefined, ''])('asks for a path if the given path is %j', (path) => {
  // Simulates an environment variable that isn't set.
  expect(() => sqliteLedger(path as string)).toThrow(
    'sqliteLedger needs a file path, such as billing.db. The path is missing.',
  )
})
