import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aReserve, fetched, units } from './builders.ts'
import { sqliteDrivers } from './sqliteDrivers.ts'
import { noVolumes, rejectWrites, testVolume } from './testVolume.ts'

const held = { state: 'held' }
const reserve = (ledger: Ledger) => ledger.execute(aReserve())
const cannotWrite = (message: string) => ({
  reason: 'cannotWrite',
  message: expect.stringContaining(message),
})

beforeEach(({ skip }) => skip(noVolumes !== null, noVolumes ?? ''))

describe.each(sqliteDrivers)('a SQLite file that can’t be written, through %s', (driver) => {
  const open = (file: string) => {
    const ledger = sqliteLedger(file, { driver, cannotWriteAfterMs: 20 })
    onTestFinished(() => ledger.close())
    return ledger
  }

  /** Writes a ledger to `file` as a process leaves it after a normal stop or a crash. */
  async function written(file: string, end: 'normal stop' | 'crash') {
    const folder = mkdtempSync(join(tmpdir(), 'metered-written-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const origin = join(folder, 'ledger.db')
    await fetched(open(origin), units(10))
    if (end === 'normal stop') connect(origin, driver).exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const endings = end === 'normal stop' ? [''] : ['', '-wal', '-shm']
    for (const ending of endings) copyFileSync(origin + ending, file + ending)
  }

  test.each(['normal stop', 'crash'] as const)(
    'recovers automatically if the volume was read-only at startup after a %s',
    async (end) => {
      using volume = testVolume()
      const file = join(volume.folder, 'ledger.db')
      await written(file, end)
      volume.makeReadOnly()
      const ledger = open(file)
      for (const call of [() => reserve(ledger), () => ledger.prune(), () => ledger.health()]) {
        await expect(call()).rejects.toMatchObject(cannotWrite('is read-only'))
      }
      volume.makeWritable()
      expect(await reserve(ledger)).toMatchObject(held)
      expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 9, held: 1 }] })
    },
  )

  test('creates a new ledger once its volume is no longer read-only', async () => {
    using volume = testVolume()
    const file = join(volume.folder, 'ledger.db')
    volume.makeReadOnly()
    const ledger = open(file)
    await expect(reserve(ledger)).rejects.toMatchObject(cannotWrite('is read-only'))
    expect(existsSync(file)).toBe(false)
    volume.makeWritable()
    await fetched(ledger, units(10))
    expect(await reserve(ledger)).toMatchObject(held)
  })

  test('recovers automatically if the disk was full at startup', async () => {
    using volume = testVolume()
    volume.fill()
    const ledger = open(join(volume.folder, 'ledger.db'))
    await expect(reserve(ledger)).rejects.toMatchObject(cannotWrite('is full'))
    volume.empty()
    await fetched(ledger, units(10))
    expect(await reserve(ledger)).toMatchObject(held)
  })

  test('rejects only commands while the disk is full', async () => {
    using volume = testVolume()
    const ledger = open(join(volume.folder, 'ledger.db'))
    await fetched(ledger, units(1_000))
    volume.fill()
    // The first commands may still fit into the space that is already allocated to the file.
    const fillUp = async () => {
      for (;;) await ledger.execute(aReserve())
    }
    await expect(fillUp()).rejects.toMatchObject(cannotWrite('is full'))
    expect(await ledger.balances('ada')).toMatchObject({ balances: [{ meter: 'generations' }] })
    volume.empty()
    expect(await reserve(ledger)).toMatchObject(held)
  })

  test('still reads while the running ledger’s file rejects writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metered-rejects-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'ledger.db')
    const ledger = open(file)
    await fetched(ledger, units(10))
    {
      using _ = rejectWrites(`${file}-wal`)
      await expect(reserve(ledger)).rejects.toThrow(file)
      expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 10 }] })
    }
    expect(await reserve(ledger)).toMatchObject(held)
  })
})
