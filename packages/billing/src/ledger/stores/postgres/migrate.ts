import { z } from 'zod'
import { migrations } from './migrations.ts'
import type { PostgresClient, PostgresPool } from './postgresPool.ts'
import { onConnection } from './transaction.ts'

/** The ID of the advisory lock that prevents concurrent migrations. The number is arbitrary. */
const migrationLock = 7_260_114

/**
 * The time limit for migrations. It is long enough to build an index on a large table, or to wait while
 * another node builds it.
 */
const migrationDeadlineMs = 10 * 60_000

/**
 * Applies missing migrations to the schema `metered`. Any number of nodes can call this function
 * concurrently.
 */
export async function migrate(pool: PostgresPool, silentAfterMs: number): Promise<void> {
  if (await onConnection(pool, silentAfterMs, isUpToDate)) return
  await onConnection(pool, migrationDeadlineMs, async (client) => {
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
  })
}

const table = z.object({ rows: z.tuple([z.object({ exists: z.boolean() })]) })

async function isUpToDate(client: PostgresClient): Promise<boolean> {
  const found = table.parse(
    await client.query("SELECT to_regclass('metered.migration') IS NOT NULL AS exists"),
  )
  if (!found.rows[0].exists) return false
  return (await client.query('SELECT id FROM metered.migration')).rows.length >= migrations.length
}
