import { LedgerUnavailableError } from '../../errors.ts'
import type { PostgresConnection } from './transaction.ts'

const message =
  'The ledger needs multi-statement transactions, but a connection pooler between the ledger and PostgreSQL rejects them. ' +
  'Set its pool mode to transaction or session (pool_mode in PgBouncer).'

/**
 * Checks that multi-statement transactions work. A pooler in statement mode rejects such transactions.
 * Without this check, the pooler's error would look like a lost connection, and the ledger would retry
 * forever.
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
