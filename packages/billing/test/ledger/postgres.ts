import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { inject } from 'vitest'
import { migrations } from '../../src/ledger/stores/postgres/migrations.ts'
import { tables } from '../../src/ledger/stores/tables.ts'
import { query } from './query.ts'

export { query } from './query.ts'

/** Creates an empty database on the server that all test files share. Returns the database's address. */
export async function createDatabase(): Promise<string> {
  const address = new URL(inject('postgres'))
  const name = `ledger_${randomUUID().replaceAll('-', '')}`
  await query(address.href, `CREATE DATABASE ${name}`)
  address.pathname = name
  return address.href
}

/** Creates a ledger with the schema of the last release without buckets. */
export async function createLedgerWithoutBuckets(): Promise<string> {
  const address = await createDatabase()
  const count = migrations.findIndex((it) => it.includes('metered.fill_bucket'))
  await query(
    address,
    `CREATE SCHEMA metered;
     CREATE TABLE metered.migration (id int PRIMARY KEY);
     ${migrations.slice(0, count).join(';')};
     INSERT INTO metered.migration SELECT generate_series(0, ${count - 1})`,
  )
  return address
}

/** Deletes all rows of a ledger, except the ledger's ID. The ledger's tables must exist. */
export async function deleteRows(pool: Pool): Promise<void> {
  await pool.query(
    Object.values(tables)
      .map(({ name }) => `DELETE FROM metered.${name};`)
      .join('')
      .replaceAll(
        /DELETE FROM (metered\.(?:ledger_)?act);/g,
        'ALTER TABLE $1 DISABLE TRIGGER USER; $& ALTER TABLE $1 ENABLE TRIGGER USER;',
      )
      .concat('UPDATE metered.ledger SET restored_at = NULL, recovered_at = NULL'),
  )
}
