import type { Pool } from 'pg'
import { migrations } from './migrations.ts'

/** Any constant of ours: it names the lock under which the tables are brought up to date. */
const migrationLock = 7_260_114

/** Brings the schema `metered` up to date, from any number of nodes at once. */
export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    await client.query('CREATE SCHEMA IF NOT EXISTS metered')
    await client.query('CREATE TABLE IF NOT EXISTS metered.migration (id int PRIMARY KEY)')
    const applied = (await client.query('SELECT id FROM metered.migration')).rows.length
    for (const [id, sql] of migrations.entries()) {
      if (id < applied) continue
      await client.query(sql)
      await client.query('INSERT INTO metered.migration (id) VALUES ($1)', [id])
    }
    await client.query('COMMIT')
    client.release()
  } catch (error) {
    // A closed connection takes its transaction and its lock with it.
    client.release(true)
    throw error
  }
}
