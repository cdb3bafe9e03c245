import { expect, test } from 'vitest'
import { inTransaction } from '../../src/ledger/stores/sqlite/inTransaction.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteDrivers } from './sqliteDrivers.ts'

test.each(sqliteDrivers)('rolls back a failed transaction and can then run another one (%s)', (driver) => {
  const db = connect(':memory:', driver)
  db.exec('CREATE TABLE done (work text)')
  const fail = () =>
    inTransaction(db, () => {
      db.exec("INSERT INTO done VALUES ('failed')")
      throw new Error('failed')
    })
  expect(fail).toThrow('failed')
  inTransaction(db, () => db.exec("INSERT INTO done VALUES ('second')"))
  expect(db.prepare('SELECT work FROM done').all()).toEqual([{ work: 'second' }])
  db.close()
})
