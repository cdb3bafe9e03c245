import type { Writes } from '../../core/writes.ts'
import { changing, column, onConflict, type Table, tables } from '../tables.ts'
import type { BatchBy } from './batchBy.ts'
import { type RowType, rowsLiteral, rowType } from './rowType.ts'
import { oneBucket, type StoredFunction, storedFunction } from './storedFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

const { customer, account, hold, key, event, budget, alert, act, daily, label, dailyLabel } = tables

const typeOf = <Row>(table: Table<Row>) => rowType(table, table.properties)

/** The types of the function's parameters, in order. */
const types = {
  customers: typeOf(customer),
  leases: rowType(customer, [...customer.key, ...changing.leases]),
  customerCounters: rowType(customer, [...customer.key, ...changing.customerCounters]),
  accounts: typeOf(account),
  accountCounters: rowType(account, [...account.key, ...changing.accountCounters]),
  newHolds: typeOf(hold),
  holds: typeOf(hold),
  removedHolds: rowType(hold, ['customer', 'attempt']),
  keys: typeOf(key),
  newEvents: typeOf(event),
  events: rowType(event, [...event.key, ...changing.events]),
  newBudgets: typeOf(budget),
  budgets: rowType(budget, [...budget.key, ...changing.budgets]),
  budgetCounters: rowType(budget, [...budget.key, ...changing.budgetCounters]),
  removedBudgets: rowType(budget, ['customer', 'id']),
  newAlerts: typeOf(alert),
  newActs: typeOf(act),
  daily: typeOf(daily),
  labels: typeOf(label),
  dailyLabels: typeOf(dailyLabel),
}
const names = Object.keys(types)
type List = keyof typeof types
const parameterOf = (list: List) => `$${names.indexOf(list) + 1}`

/** Skips the statements if the list is empty, because even a statement without rows has a cost. */
const unlessEmpty = (list: List, statement: (rows: string) => string) => `
  IF cardinality(${parameterOf(list)}) > 0 THEN
    ${statement(`unnest(${parameterOf(list)}) r`)};
  END IF;`

/** Lists the columns, so that a column that a later release has added keeps its value or gets its default. */
const columns = <Row>({ properties }: Table<Row>) => properties.map(column).join(', ')

/** An INSERT that fails if a row exists. */
const insert =
  <Row>(table: Table<Row>, bucket: string) =>
  (rows: string) =>
    `INSERT INTO metered.${table.name} AS t (bucket, ${columns(table)}) SELECT ${bucket}, ${columns(table)} FROM ${rows}`

const upsert =
  <Row>(table: Table<Row>, bucket: string, conflict = onConflict(table, ['bucket'])) =>
  (rows: string) =>
    `${insert(table, bucket)(rows)} ${conflict}`

const isSameRow = <Row>(table: Table<Row>, bucket: string) =>
  [`t.bucket = ${bucket}`, ...table.key.map((it) => `t.${column(it)} = r.${column(it)}`)].join(' AND ')

const addToAmount = <Row>({ key }: Table<Row>) =>
  `ON CONFLICT (bucket, ${key.map(column).join(', ')}) DO UPDATE SET amount = t.amount + excluded.amount`

/** Describes the function that writes a batch's rows. */
function describeWriteRows(batchBy: BatchBy): StoredFunction {
  const parameters = Object.values(types).map(({ name }) => `${name}[]`)
  const bucket = batchBy === 'bucket' ? `$${parameters.length + 1}` : 'r.bucket'
  /** An UPDATE of some columns that fails if a row doesn't exist. */
  const update = <Row>(list: List, table: Table<Row>, changing: readonly (keyof Row & string)[]) =>
    unlessEmpty(
      list,
      (rows) => `
      UPDATE metered.${table.name} t SET ${changing.map((it) => `${column(it)} = r.${column(it)}`).join(', ')}
      FROM ${rows} WHERE ${isSameRow(table, bucket)};
      GET DIAGNOSTICS updated = ROW_COUNT;
      IF updated < cardinality(${parameterOf(list)}) THEN
        RAISE 'A row to update in table ${table.name} is missing';
      END IF`,
    )
  return storedFunction('write', {
    parameters,
    batchBy,
    returns: 'void',
    variables: 'updated bigint;',
    body: [
      unlessEmpty('customers', upsert(customer, bucket)),
      update('leases', customer, changing.leases),
      update('customerCounters', customer, changing.customerCounters),
      unlessEmpty('accounts', upsert(account, bucket)),
      update('accountCounters', account, changing.accountCounters),
      unlessEmpty('newHolds', insert(hold, bucket)),
      unlessEmpty('holds', upsert(hold, bucket)),
      unlessEmpty(
        'removedHolds',
        (rows) => `DELETE FROM metered.hold t USING ${rows} WHERE ${isSameRow(hold, bucket)}`,
      ),
      unlessEmpty('keys', upsert(key, bucket)),
      unlessEmpty('newEvents', insert(event, bucket)),
      update('events', event, changing.events),
      unlessEmpty(
        'removedBudgets',
        (rows) => `DELETE FROM metered.budget t USING ${rows} WHERE ${isSameRow(budget, bucket)}`,
      ),
      unlessEmpty('newBudgets', insert(budget, bucket)),
      update('budgets', budget, changing.budgets),
      update('budgetCounters', budget, changing.budgetCounters),
      unlessEmpty('newAlerts', upsert(alert, bucket, 'ON CONFLICT DO NOTHING')),
      unlessEmpty('newActs', insert(act, bucket)),
      unlessEmpty('daily', upsert(daily, bucket, addToAmount(daily))),
      unlessEmpty('labels', upsert(label, bucket)),
      unlessEmpty('dailyLabels', upsert(dailyLabel, bucket, addToAmount(dailyLabel))),
    ].join(''),
  })
}

export const writeRowsFunctions = { any: describeWriteRows('any'), bucket: describeWriteRows('bucket') }

/** The statements that create the types of the function's parameters. */
export const createWriteRowsTypes = Object.values(types).map(({ create }) => create)

/** Writes a batch's rows in one statement, and ends the transaction. */
export async function writeRows(
  transaction: PostgresTransaction,
  writes: Writes,
  { batchBy, bucketOf }: { batchBy: BatchBy; bucketOf: (customer: string) => number },
): Promise<void> {
  const { customers, leases, counters } = writes
  const [changed] = [customers, leases, counters.customers].flatMap((rows) => rows.slice(0, 1))
  if (!changed) return transaction.rollback()
  const bucket = batchBy === 'bucket' ? bucketOf(changed.customer) : null
  await transaction.commit(writeStatement(writes, bucketOf, bucket))
}

/**
 * Returns the statement that writes the rows. Pass `bucket` if all rows belong to that bucket, so that the statement
 * reads one partition. Otherwise, pass null.
 */
export function writeStatement(
  writes: Writes,
  bucketOf: (customer: string) => number,
  bucket: number | null = null,
): string {
  const literal = <Row extends { customer: string }>(type: RowType<Row>, rows: Row[]) =>
    rows.length === 0 ? 'NULL' : rowsLiteral(type, rows, bucketOf)
  const lists = [
    literal(types.customers, writes.customers),
    literal(types.leases, writes.leases),
    literal(types.customerCounters, writes.counters.customers),
    literal(types.accounts, writes.accounts),
    literal(types.accountCounters, writes.counters.accounts),
    literal(types.newHolds, writes.newHolds),
    literal(types.holds, writes.holds),
    literal(types.removedHolds, writes.removedHolds),
    literal(types.keys, writes.keys),
    literal(types.newEvents, writes.newEvents),
    literal(types.events, writes.events),
    literal(types.newBudgets, writes.newBudgets),
    literal(types.budgets, writes.budgets),
    literal(types.budgetCounters, writes.counters.budgets),
    literal(types.removedBudgets, writes.removedBudgets),
    literal(types.newAlerts, writes.newAlerts),
    literal(types.newActs, writes.newActs),
    literal(types.daily, writes.daily),
    literal(types.labels, writes.labels),
    literal(types.dailyLabels, writes.dailyLabels),
  ]
  if (bucket !== null) lists.push(oneBucket(bucket))
  return `SELECT ${writeRowsFunctions[bucket === null ? 'any' : 'bucket'].name}(${lists.join(', ')})`
}
