import type { Writes } from '../../core/writes.ts'
import { changing, column, onConflict, type Table, tables, toColumn } from '../tables.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Returns a function that writes a batch's rows. Call the function inside the write transaction. */
export function prepareWrite(db: SqliteDatabase) {
  const { customer, account, hold, key, event, budget, alert, act, label } = tables
  const customers = upsert(db, customer)
  const leases = update(db, customer, changing.leases)
  const customerCounters = update(db, customer, changing.customerCounters)
  const accounts = upsert(db, account)
  const accountCounters = update(db, account, changing.accountCounters)
  const newHolds = insert(db, hold)
  const holds = upsert(db, hold)
  const removeHold = db.prepare('DELETE FROM metered_hold WHERE customer = ? AND attempt = ?')
  const keys = upsert(db, key)
  const newEvents = insert(db, event)
  const events = update(db, event, changing.events)
  const newBudgets = insert(db, budget)
  const budgets = update(db, budget, changing.budgets)
  const budgetCounters = update(db, budget, changing.budgetCounters)
  const removeBudget = db.prepare('DELETE FROM metered_budget WHERE customer = ? AND id = ?')
  const newAlerts = prepareInsert(db, alert, 'ON CONFLICT DO NOTHING')
  const newActs = insert(db, act)
  const addToDay = db.prepare(
    `INSERT INTO metered_daily (customer, day, meter, amount) VALUES (?, ?, ?, ?)
     ON CONFLICT (customer, day, meter) DO UPDATE SET amount = amount + excluded.amount`,
  )
  const labels = upsert(db, label)
  const addToLabel = db.prepare(
    `INSERT INTO metered_daily_label (customer, dimension, day, meter, value, amount) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (customer, dimension, day, meter, value) DO UPDATE SET amount = amount + excluded.amount`,
  )
  return (writes: Writes): void => {
    for (const row of writes.customers) customers(row)
    for (const row of writes.leases) leases(row)
    for (const row of writes.counters.customers) customerCounters(row)
    for (const row of writes.accounts) accounts(row)
    for (const row of writes.counters.accounts) accountCounters(row)
    for (const row of writes.newHolds) newHolds(row)
    for (const row of writes.holds) holds(row)
    for (const { customer: name, attempt } of writes.removedHolds) removeHold.run(name, attempt)
    for (const row of writes.keys) keys(row)
    for (const row of writes.newEvents) newEvents(row)
    for (const row of writes.events) events(row)
    for (const { customer: name, id } of writes.removedBudgets) removeBudget.run(name, id)
    for (const row of writes.newBudgets) newBudgets(row)
    for (const row of writes.budgets) budgets(row)
    for (const row of writes.counters.budgets) budgetCounters(row)
    for (const row of writes.newAlerts) newAlerts(row)
    for (const row of writes.newActs) newActs(row)
    for (const { customer: name, day, meter, amount } of writes.daily) addToDay.run(name, day, meter, amount)
    for (const row of writes.labels) labels(row)
    for (const { customer: name, dimension, day, meter, value, amount } of writes.dailyLabels)
      addToLabel.run(name, dimension, day, meter, value, amount)
  }
}

type Properties<Row> = readonly (keyof Row & string)[]

function prepareInsert<Row extends object>(db: SqliteDatabase, table: Table<Row>, conflict = '') {
  const columns = table.properties.map(column).join(', ')
  const places = table.properties.map(() => '?').join(', ')
  const statement = db.prepare(
    `INSERT INTO metered_${table.name} (${columns}) VALUES (${places}) ${conflict}`,
  )
  return (row: Row) => statement.run(...valuesOf(row, table.properties))
}

/** Prepares an INSERT that fails if the row exists. */
const insert = <Row extends object>(db: SqliteDatabase, table: Table<Row>) => prepareInsert(db, table)

const upsert = <Row extends object>(db: SqliteDatabase, table: Table<Row>) =>
  prepareInsert(db, table, onConflict(table))

/** Prepares an UPDATE of some columns that fails if the row doesn't exist. */
function update<Row extends object>(db: SqliteDatabase, table: Table<Row>, changing: Properties<Row>) {
  const list = (properties: Properties<Row>, separator: string) =>
    properties.map((property) => `${column(property)} = ?`).join(separator)
  const statement = db.prepare(
    `UPDATE metered_${table.name} SET ${list(changing, ', ')} WHERE ${list(table.key, ' AND ')}`,
  )
  const properties = [...changing, ...table.key]
  return (row: Row) => {
    if (Number(statement.run(...valuesOf(row, properties)).changes) === 1) return
    throw new Error(`The row to update in table ${table.name} is missing`)
  }
}

const valuesOf = <Row extends object>(row: Row, properties: Properties<Row>) =>
  properties.map((property) => toColumn(row[property]))
