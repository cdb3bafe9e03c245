import { randomUUID } from 'node:crypto'
import { Client, type Pool } from 'pg'
import { inject } from 'vitest'
import { tables } from '../../src/ledger/stores/tables.ts'

/** Creates an empty database on the server that all test files share. Returns the database's address. */
export async function createDatabase(): Promise<string> {
  const address = new URL(inject('postgres'))
  const name = `ledger_${randomUUID().replaceAll('-', '')}`
  await query(address.href, `CREATE DATABASE ${name}`)
  address.pathname = name
  return address.href
}

/** Runs one statement on a new connection. Returns the rows. */
export async function query(address: string, sql: string) {
  const client = new Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Deletes all rows of a ledger, except its ID. Its tables must exist. */
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
