import { LedgerUnavailableError } from '../../errors.ts'
import type { PostgresConnection } from './transaction.ts'

const message =
  'The ledger needs transactions of several statements, but a connection pooler between the ledger and PostgreSQL ' +
  'refuses them. Set its pool mode to transaction or session. PgBouncer’s setting is pool_mode.'

/**
 * Checks that transactions of several statements work. A pooler in statement mode refuses them. This error would
 * otherwise look like a lost connection, so the ledger would retry it forever.
 */
export async function checkTransactions(connection: PostgresConnection): Promise<void> {
  try {
    await connection.query('BEGIN')
    await connection.query('COMMIT')
  } catch (error) {
    if (!(error instanceof Error && /statement pooling/i.test(error.message))) throw error
    throw new LedgerUnavailableError('cannotOpen', { message, cause: error })
  }
}
