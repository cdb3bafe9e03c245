// Tests can't cause a power failure, so these tests check the setting with which SQLite flushes.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import type { Command } from '../../src/ledger/commands.ts'
import { ledgerDefaults } from '../../src/ledger/ledgerOptions.ts'
import { RecentCustomers } from '../../src/ledger/stores/recentCustomers.ts'
import { openDatabase } from '../../src/ledger/stores/sqlite/openDatabase.ts'
import { prepareFlush } from '../../src/ledger/stores/sqlite/prepareFlush.ts'
import { prepareTransact } from '../../src/ledger/stores/sqlite/prepareTransact.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { anInstall, aReserve, aTakeLease, settleOf, units } from './builders.ts'
import { sqliteDrivers } from './sqliteDrivers.ts'

const pragma = z.object({ synchronous: z.number() })
/** SQLite's values of `PRAGMA synchronous`. */
const [normal, full] = [1, 2]

describe.each(sqliteDrivers)('SQLite through %s', (driver) => {
  /** Opens a database. `committedWith` runs a batch and returns the setting with which it was committed. */
  function aDatabase() {
    const file = ledgerFile()
    const db = openDatabase(file.path, driver)
    onTestFinished(() => {
      db.close()
      file[Symbol.dispose]()
    })
    const setting = () => pragma.parse(db.prepare('PRAGMA synchronous').get()).synchronous
    const transact = prepareTransact(db, {
      recent: new RecentCustomers(10),
      flush: prepareFlush(db),
      now: () => Date.now(),
      isTransient: () => false,
      settings: ledgerDefaults,
    })
    return {
      setting,
      committedWith(...commands: Command[]) {
        transact(commands)
        return setting()
      },
    }
  }

  test('flushes migrations and pruning', () => {
    expect(aDatabase().setting()).toBe(full)
  })

  test('flushes a batch with a charge even after a batch that needs no flush', () => {
    const { committedWith } = aDatabase()
    const lease = aTakeLease()
    expect(committedWith(lease, anInstall({ token: lease.token, snapshot: units(10) }))).toBe(full)
    const reserve = aReserve()
    expect(committedWith(reserve)).toBe(normal)
    expect(committedWith({ type: 'expire', customer: 'ada' }, settleOf(reserve))).toBe(full)
    expect(committedWith({ type: 'expire', customer: 'ada' })).toBe(normal)
  })
})
