import type { WriteProblem } from '../store.ts'

const readOnly =
  'The ledger’s PostgreSQL database is read-only: the server is a standby, or default_transaction_read_only is on. ' +
  'Connect the ledger to the primary, or turn the setting off. The ledger then recovers automatically.'

const full =
  'The disk of the ledger’s PostgreSQL server is full. Free some space. The ledger then recovers automatically.'

/**
 * Returns the problem if the error says that the database rejects writes, and null for any other error. A
 * failed transaction closes its connection, because an open session keeps its old
 * `default_transaction_read_only`.
 */
export function writeProblem(error: unknown): WriteProblem | null {
  if (!(error instanceof Error && 'severity' in error && 'code' in error)) return null
  switch (error.code) {
    case '25006': // read_only_sql_transaction
      return { message: readOnly, isStale: false }
    case '53100': // disk_full
      return { message: full, isStale: false }
    default:
      return null
  }
}
