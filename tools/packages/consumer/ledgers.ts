import { type PostgresPool, postgresLedger } from '@metered/billing/postgres'
import { sqliteLedger } from '@metered/billing/sqlite'

// The database drivers are optional. This app installs neither the drivers nor their types.

declare const pool: PostgresPool

export const ledgers = [
  sqliteLedger('billing.db', { driver: 'node:sqlite', keyRetentionMs: 3_600_000 }),
  postgresLedger('postgres://localhost/app', { transactionTimeoutMs: 2_000 }),
  postgresLedger(pool),
]
export const addresses = ledgers.map((ledger) => ledger.address)
