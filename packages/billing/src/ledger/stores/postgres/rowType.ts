import { createHash } from 'node:crypto'
import { column, type Table } from '../tables.ts'

/**
 * A composite type in the schema `metered`. The ledger's functions take arrays of such types. The first
 * column is the bucket.
 */
export interface RowType<Row> {
  /**
   * The qualified name. The name ends in a hash of the columns, because another release can have different
   * columns.
   */
  name: string
  properties: (keyof Row & string)[]
  /** The statement that creates the type if it doesn't exist. */
  create: string
}

/** Describes a type that has the bucket and some of a table's columns. */
export function rowType<Row, Property extends keyof Row & string>(
  { name, integers }: Pick<Table<Row>, 'name' | 'integers'>,
  properties: Property[],
): RowType<Pick<Row, Property>> {
  const columnOf = (it: Property) =>
    `${column(it)} ${integers.some((integer) => integer === it) ? 'bigint' : 'text COLLATE "C"'}`
  const columns = ['bucket smallint', ...properties.map(columnOf)]
  const hash = createHash('sha256').update(JSON.stringify(columns)).digest('hex')
  const qualified = `metered.${name}_${hash.slice(0, 12)}`
  return {
    name: qualified,
    properties,
    create: `DO $do$ BEGIN
      IF to_regtype('${qualified}') IS NULL THEN CREATE TYPE ${qualified} AS (${columns.join(', ')}); END IF;
    END $do$`,
  }
}

/**
 * Returns the rows as an SQL array literal. The server parses such a literal several times faster than JSON.
 * Dollar quotes have no escape sequences, so the literal doesn't depend on `standard_conforming_strings`. No
 * value can end the literal, because every `$` in a value follows a `\`.
 */
export function rowsLiteral<Row extends { customer: string }>(
  { properties }: RowType<Row>,
  rows: Row[],
  bucketOf: (customer: string) => number,
): string {
  const elements = rows.map(
    (row) => `"(${bucketOf(row.customer)},${properties.map((it) => field(row[it])).join(',')})"`,
  )
  return `$rows$\{${elements.join(',')}}$rows$`
}

/** Like `rowsLiteral`, but each row is a list of the type's fields. The first field is the customer. */
export function tuplesLiteral(
  tuples: readonly (readonly [customer: string, ...unknown[]])[],
  bucketOf: (customer: string) => number,
): string {
  const elements = tuples.map((it) => `"(${bucketOf(it[0])},${it.map(field).join(',')})"`)
  return `$rows$\{${elements.join(',')}}$rows$`
}

/** Returns a row's field. Text is escaped twice: for the row, and for the array that contains the row. */
function field(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (!special.test(text)) return `\\"${text}\\"`
  return `\\"${text.replace(/["\\]/g, '\\\\\\$&').replaceAll('$', '\\\\$$')}\\"`
}

const special = /["\\$]/
