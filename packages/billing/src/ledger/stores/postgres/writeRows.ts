import type { Writes } from '../../core/draft.ts'
import { column, columnName, onConflict, type Table, tables, toColumn } from '../tables.ts'
import { jsonLiteral } from './jsonLiteral.ts'
import { storedFunction } from './storedFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

const upsert = <Row>(table: Table<Row>, list: string) =>
  `INSERT INTO metered.${table.name} (${columns(table)})
   SELECT ${columns(table)} FROM jsonb_populate_recordset(NULL::metered.${table.name}, $1 -> '${list}')
   ${onConflict(table)}`

/** Names the columns, so that a column of a later release keeps its value or gets its default. */
const columns = <Row>({ properties }: Table<Row>) => properties.map(column).join(', ')

export const writeRowsFunction = storedFunction('write', {
  parameters: ['jsonb'],
  returns: 'void',
  body: `
  WITH
    customers AS (${upsert(tables.customer, 'customers')}),
    accounts AS (${upsert(tables.account, 'accounts')}),
    holds AS (${upsert(tables.hold, 'holds')}),
    removed_holds AS (
      DELETE FROM metered.hold h USING jsonb_populate_recordset(NULL::metered.hold, $1 -> 'removedHolds') r
      WHERE h.customer = r.customer AND h.attempt = r.attempt
    ),
    keys AS (${upsert(tables.key, 'keys')}),
    events AS (${upsert(tables.event, 'events')})
  INSERT INTO metered.daily AS daily (customer, day, meter, amount)
  SELECT customer, day, meter, amount FROM jsonb_populate_recordset(NULL::metered.daily, $1 -> 'daily')
  ON CONFLICT (customer, day, meter) DO UPDATE SET amount = daily.amount + excluded.amount;`,
})

/** Writes a batch's rows in one statement, and ends the transaction. */
export async function writeRows(transaction: PostgresTransaction, writes: Writes): Promise<void> {
  if (writes.customers.length === 0) return transaction.rollback()
  const { customers, accounts, holds, removedHolds, keys, events, daily } = writes
  const lists = {
    customers: customers.map(asColumns),
    accounts: accounts.map(asColumns),
    holds: holds.map(asColumns),
    removedHolds,
    keys: keys.map(asColumns),
    events: events.map(asColumns),
    daily,
  }
  await transaction.commit(`SELECT ${writeRowsFunction.name}(${jsonLiteral(lists)})`)
}

const asColumns = (row: object) =>
  Object.fromEntries(Object.entries(row).map(([property, value]) => [columnName(property), toColumn(value)]))
