import type { Writes } from '../../core/draft.ts'
import { changing, column, columnName, onConflict, type Table, tables, toColumn } from '../tables.ts'
import { jsonLiteral } from './jsonLiteral.ts'
import { storedFunction } from './storedFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

/** Names the columns, so that a column of a later release keeps its value or gets its default. */
const columns = <Row>({ properties }: Table<Row>) => properties.map(column).join(', ')

const listed = <Row>(table: Table<Row>, list: string) =>
  `jsonb_populate_recordset(NULL::metered.${table.name}, $1 -> '${list}')`

/** An INSERT that fails if a row exists. */
const insert = <Row>(table: Table<Row>, list: string) =>
  `INSERT INTO metered.${table.name} (${columns(table)}) SELECT ${columns(table)} FROM ${listed(table, list)}`

const upsert = <Row>(table: Table<Row>, list: string) => `${insert(table, list)} ${onConflict(table)}`

const update = <Row>(table: Table<Row>, list: string, changing: readonly (keyof Row & string)[]) =>
  `UPDATE metered.${table.name} t SET ${changing.map((it) => `${column(it)} = r.${column(it)}`).join(', ')}
   FROM ${listed(table, list)} r
   WHERE ${table.key.map((it) => `t.${column(it)} = r.${column(it)}`).join(' AND ')}`

export const writeRowsFunction = storedFunction('write', {
  parameters: ['jsonb'],
  returns: 'void',
  body: `
  WITH
    customers AS (${upsert(tables.customer, 'customers')}),
    customer_counters AS (${update(tables.customer, 'customerCounters', changing.customerCounters)}),
    accounts AS (${upsert(tables.account, 'accounts')}),
    account_counters AS (${update(tables.account, 'accountCounters', changing.accountCounters)}),
    new_holds AS (${insert(tables.hold, 'newHolds')}),
    holds AS (${upsert(tables.hold, 'holds')}),
    removed_holds AS (
      DELETE FROM metered.hold h USING ${listed(tables.hold, 'removedHolds')} r
      WHERE h.customer = r.customer AND h.attempt = r.attempt
    ),
    keys AS (${upsert(tables.key, 'keys')}),
    new_events AS (${insert(tables.event, 'newEvents')}),
    events AS (${update(tables.event, 'events', changing.events)})
  INSERT INTO metered.daily AS daily (customer, day, meter, amount)
  SELECT customer, day, meter, amount FROM jsonb_populate_recordset(NULL::metered.daily, $1 -> 'daily')
  ON CONFLICT (customer, day, meter) DO UPDATE SET amount = daily.amount + excluded.amount;`,
})

/** Writes a batch's rows in one statement, and ends the transaction. */
export async function writeRows(transaction: PostgresTransaction, writes: Writes): Promise<void> {
  const { customers, accounts, counters, newHolds, holds, removedHolds, keys, newEvents, events, daily } =
    writes
  if (customers.length + counters.customers.length === 0) return transaction.rollback()
  const { customer, account, event } = tables
  const lists = {
    customers: customers.map(asColumns),
    customerCounters: counters.customers.map((row) =>
      asColumns(only(row, customer, changing.customerCounters)),
    ),
    accounts: accounts.map(asColumns),
    accountCounters: counters.accounts.map((row) => asColumns(only(row, account, changing.accountCounters))),
    newHolds: newHolds.map(asColumns),
    holds: holds.map(asColumns),
    removedHolds,
    keys: keys.map(asColumns),
    newEvents: newEvents.map(asColumns),
    events: events.map((row) => asColumns(only(row, event, changing.events))),
    daily,
  }
  await transaction.commit(`SELECT ${writeRowsFunction.name}(${jsonLiteral(lists)})`)
}

/** Returns the row's key and the properties that an UPDATE changes. */
const only = <Row extends object>(row: Row, { key }: Table<Row>, changing: readonly (keyof Row & string)[]) =>
  Object.fromEntries([...key, ...changing].map((property) => [property, row[property]]))

const asColumns = (row: object) =>
  Object.fromEntries(Object.entries(row).map(([property, value]) => [columnName(property), toColumn(value)]))
