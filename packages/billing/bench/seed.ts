import type { Pool } from 'pg'
import { connect } from '../src/ledger/stores/sqlite/sqliteDriver.ts'
import { column, tables } from '../src/ledger/stores/tables.ts'

/**
 * The size of the ledger to create. The ledger's rows are copies of rows that the ledger has written for the
 * customer `template`. SQL creates the copies, because calls to the ledger would take hours.
 */
export interface Size {
  customers: number
  /** The number of delivered events, which are divided among the customers. */
  events: number
}

/** Returns a customer's ID. The IDs sort in numeric order, so that new rows go to the end of each index. */
export const nameOf = (number: number) => `c${String(number).padStart(7, '0')}`

const chunk = 100_000

export function seedSqlite(file: string, size: Size): void {
  const db = connect(file)
  db.exec('PRAGMA synchronous = OFF')
  db.exec('PRAGMA cache_size = -200000')
  const numbers =
    '(WITH RECURSIVE s (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM s WHERE n < ?) SELECT n FROM s)'
  const text = (number: string, digits: number) => `printf('%0${digits}d', ${number})`
  for (const { sql, count } of copies('metered_', { numbers, text, bucket: null }, size)) {
    const statement = db.prepare(sql)
    for (let from = 0; from < count; from += chunk) statement.run(from, Math.min(count, from + chunk) - 1)
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

export async function seedPostgres(pool: Pool, size: Size): Promise<void> {
  const numbers = '(SELECT generate_series($1::bigint, $2::bigint) AS n)'
  const text = (number: string, digits: number) => `lpad((${number})::text, ${digits}, '0')`
  const bucket = (customer: string) => `get_byte(sha256(convert_to(${customer}, 'UTF8')), 0) & 63`
  for (const { sql, count } of copies('metered.', { numbers, text, bucket }, size)) {
    for (let from = 0; from < count; from += chunk) {
      await pool.query(sql, [from, Math.min(count, from + chunk) - 1])
    }
  }
  await pool.query('ANALYZE')
}

function copies(
  prefix: string,
  {
    numbers,
    text,
    bucket,
  }: {
    numbers: string
    text: (number: string, digits: number) => string
    /** Returns the expression for a customer's bucket, or null if the tables have no buckets. */
    bucket: ((customer: string) => string) | null
  },
  { customers, events }: Size,
) {
  const copy = (
    name: 'customer' | 'account' | 'event',
    count: number,
    others: Record<string, string> & { customer: string },
  ) => {
    const { properties } = tables[name]
    const values = properties.map((property: string) => others[property] ?? `t.${column(property)}`)
    const columns = properties.map(column)
    if (bucket) {
      columns.unshift('bucket')
      values.unshift(bucket(others.customer))
    }
    return {
      sql: `INSERT INTO ${prefix}${name} (${columns.join(', ')})
            SELECT ${values.join(', ')} FROM ${numbers} n CROSS JOIN ${prefix}${name} t WHERE t.customer = 'template'`,
      count,
    }
  }
  const each = Math.ceil(events / customers)
  return [
    copy('customer', customers, { customer: `'c' || ${text('n', 7)}` }),
    copy('account', customers, { customer: `'c' || ${text('n', 7)}` }),
    copy('event', events, {
      customer: `'c' || ${text(`n / ${each}`, 7)}`,
      attempt: text('n', 12),
      at: `t.at - ${each} + n % ${each}`,
    }),
  ]
}
