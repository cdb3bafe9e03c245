import { z } from 'zod'
import type { PostgresConnection } from './transaction.ts'

const found = z.object({ rows: z.tuple([z.object({ exists: z.boolean() })]) })

/** Returns the number of applied migrations, or null if the database contains no ledger. */
export async function appliedMigrations(connection: PostgresConnection): Promise<number | null> {
  const table = await connection.query("SELECT to_regclass('metered.migration') IS NOT NULL AS exists")
  if (!found.parse(table).rows[0].exists) return null
  return (await connection.query('SELECT id FROM metered.migration')).rows.length
}
