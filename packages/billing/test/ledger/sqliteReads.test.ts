import { expect, onTestFinished, test } from 'vitest'
import { ledgerDefaults } from '../../src/ledger/ledgerOptions.ts'
import { createClockWatch } from '../../src/ledger/stores/clockWatch.ts'
import { openDatabase } from '../../src/ledger/stores/sqlite/openDatabase.ts'
import { prepareReads } from '../../src/ledger/stores/sqlite/prepareReads.ts'
import type { SqliteDatabase } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { anInstall, aReserve, aTakeLease, settleOf, units } from './builders.ts'
import { sqliteDrivers } from './sqliteDrivers.ts'

/** Wraps a database. Runs `before` ahead of each `all` call that reads from the table. */
const interrupted = (db: SqliteDatabase, table: string, before: () => void): SqliteDatabase => ({
  exec: (sql) => db.exec(sql),
  prepare(sql) {
    const statement = db.prepare(sql)
    if (!sql.includes(`FROM ${table} `)) return statement
    return {
      get: (...parameters) => statement.get(...parameters),
      run: (...parameters) => statement.run(...parameters),
      all(...parameters) {
        before()
        return statement.all(...parameters)
      },
    }
  },
  close: () => db.close(),
})

test.each(sqliteDrivers)(
  'reads a customer at one point in time, even if another process commits during the read (%s)',
  async (driver) => {
    const file = ledgerFile()
    const ledger = sqliteLedger(file.path, { driver })
    const db = openDatabase(file.path, driver)
    const other = openDatabase(file.path, driver)
    onTestFinished(async () => {
      db.close()
      other.close()
      await ledger.close()
      file[Symbol.dispose]()
    })
    const lease = aTakeLease()
    await ledger.execute(lease)
    await ledger.execute(anInstall({ token: lease.token, snapshot: units(10) }))
    const reserve = aReserve()
    await ledger.execute(reserve)
    await ledger.execute(settleOf(reserve))

    const write = () => {
      other.exec('BEGIN')
      other.exec('UPDATE metered_customer SET version = version + 1')
      other.exec('UPDATE metered_account SET booked = booked + 1')
      other.exec('COMMIT')
    }
    const { readCustomer } = prepareReads(interrupted(db, 'metered_account', write), () => Date.now(), {
      watch: createClockWatch(),
      retention: ledgerDefaults,
    })
    const first = await readCustomer(reserve.customer)
    const second = await readCustomer(reserve.customer)
    const booked = ({ accounts: [account] }: typeof first) => account?.booked ?? Number.NaN
    expect(booked(second) - booked(first)).toBe(1)
    expect(first.row?.version).toBe((second.row?.version ?? 0) - 1)
    expect(booked(first)).toBe(reserve.legs[0]?.amount)
  },
)
