import type { Writes } from '../../core/draft.ts'
import { column, onConflict, type Table, tables, toColumn } from '../tables.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Returns a function that writes a batch's rows. Call it inside the write transaction. */
export function prepareWrite(db: SqliteDatabase) {
  const customers = upsert(db, tables.customer)
  const accounts = upsert(db, tables.account)
  const holds = upsert(db, tables.hold)
  const keys = upsert(db, tables.key)
  const events = upsert(db, tables.event)
  const removeHold = db.prepare('DELETE FROM metered_hold WHERE customer = ? AND attempt = ?')
  const addToDay = db.prepare(
    `INSERT INTO metered_daily (customer, day, meter, amount) VALUES (?, ?, ?, ?)
     ON CONFLICT (customer, day, meter) DO UPDATE SET amount = amount + excluded.amount`,
  )
  return (writes: Writes): void => {
    for (const row of writes.customers) customers(row)
    for (const row of writes.accounts) accounts(row)
    for (const row of writes.holds) holds(row)
    for (const { customer, attempt } of writes.removedHolds) removeHold.run(customer, attempt)
    for (const row of writes.keys) keys(row)
    for (const row of writes.events) events(row)
    for (const { customer, day, meter, amount } of writes.daily) addToDay.run(customer, day, meter, amount)
  }
}

function upsert<Row extends object>(db: SqliteDatabase, table: Table<Row>) {
  const columns = table.properties.map(column).join(', ')
  const places = table.properties.map(() => '?').join(', ')
  const statement = db.prepare(
    `INSERT INTO metered_${table.name} (${columns}) VALUES (${places}) ${onConflict(table)}`,
  )
  return (row: Row) => statement.run(...table.properties.map((property) => toColumn(row[property])))
}
