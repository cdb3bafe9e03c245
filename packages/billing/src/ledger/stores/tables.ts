import { z } from 'zod'
import { alertRow } from '../core/alertRow.ts'
import { budgetRow } from '../core/budgetRow.ts'
import { dailyLabelRow, labelRow } from '../core/labelRows.ts'
import {
  accountRow,
  actRow,
  customerRow,
  dailyRow,
  denialRow,
  eventRow,
  holdRow,
  keyRow,
  ledgerActRow,
} from '../core/rows.ts'

/** Maps a table's columns to the fields of its row objects. All stores share this mapping. */
export interface Table<Row> {
  name: string
  key: (keyof Row & string)[]
  properties: (keyof Row & string)[]
  /** The properties that are stored as integers. All other properties are stored as text. */
  integers: (keyof Row & string)[]
  decode(columns: unknown): Row
}

const table = <S extends z.ZodObject>(
  name: string,
  schema: S,
  key: (keyof z.output<S> & string)[],
): Table<z.output<S>> => {
  const properties = Object.keys(schema.shape).filter(
    (it): it is keyof z.output<S> & string => it in schema.shape,
  )
  return {
    name,
    key,
    properties,
    integers: properties.filter((it) => z.safeParse(schema.shape[it], 0).success),
    decode: (columns) => schema.parse(columns),
  }
}

export const tables = {
  customer: table('customer', customerRow, ['customer']),
  account: table('account', accountRow, ['customer', 'subscription', 'meter']),
  hold: table('hold', holdRow, ['customer', 'attempt']),
  key: table('key', keyRow, ['customer', 'procedure', 'key']),
  event: table('event', eventRow, ['customer', 'attempt', 'meter']),
  budget: table('budget', budgetRow, ['customer', 'id']),
  alert: table('alert', alertRow, ['customer', 'id']),
  act: table('act', actRow, ['customer', 'id']),
  ledgerAct: table('ledger_act', ledgerActRow, ['id']),
  daily: table('daily', dailyRow, ['customer', 'day', 'meter']),
  label: table('label', labelRow, ['customer', 'meter', 'dimension', 'value']),
  dailyLabel: table('daily_label', dailyLabelRow, ['customer', 'dimension', 'day', 'meter', 'value']),
  denial: table('denial', denialRow, ['customer', 'hour', 'procedure', 'code', 'meter', 'feature']),
}

/** The properties that each UPDATE changes. Other properties stay the same. */
export const changing = {
  customerCounters: ['version', 'time', 'undelivered', 'resultBytes'],
  leases: ['version', 'time', 'undelivered', 'resultBytes', 'leaseToken', 'leaseUntil', 'lease'],
  accountCounters: ['booked', 'acked', 'held', 'dropped', 'parked', 'waived'],
  budgetCounters: ['windowStart', 'windowEnd', 'used', 'held', 'alerted'],
  budgets: ['limit', 'mode', 'thresholds', 'alerted', 'windowStart', 'windowEnd', 'used', 'held'],
  events: ['amount', 'flagged', 'state', 'priceId', 'reason', 'retryAt', 'pruneAt', 'parkedAt'],
} as const

/** Returns the property's column name, such as `started_at` for `startedAt`. */
const columnName = (property: string) => property.replace(/[A-Z]/g, (it) => `_${it.toLowerCase()}`)

/** Returns the property's column name in quotes, because `limit` and `key` are SQL keywords. */
export const column = (property: string) => `"${columnName(property)}"`

/**
 * Returns a SELECT list that names each column after its property. Selects NULL for the properties in
 * `without`.
 */
export const selectList = <Row>(
  { properties }: Table<Row>,
  alias: string,
  without: (keyof Row & string)[] = [],
) =>
  properties
    .map((property) => {
      const value = without.some((it) => it === property) ? 'NULL' : `${alias}.${column(property)}`
      return `${value} AS "${property}"`
    })
    .join(', ')

/**
 * Returns the clause that makes an INSERT overwrite an existing row. `leading` contains the primary key's
 * columns that precede the customer.
 */
export const onConflict = <Row>({ key, properties }: Table<Row>, leading: string[] = []) => {
  const others = properties.filter((property) => !key.some((it) => it === property))
  const set = others.map((property) => `${column(property)} = excluded.${column(property)}`)
  const keyColumns = [...leading, ...key].map(column)
  return `ON CONFLICT (${keyColumns.join(', ')}) DO UPDATE SET ${set.join(', ')}`
}

/** Returns the value to store in a column. Objects become JSON text. */
export const toColumn = (value: unknown) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value
