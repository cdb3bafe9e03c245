export type { Ledger } from '../../ledger.ts'
export type { LedgerOptions } from '../../ledgerOptions.ts'
export { type PostgresLedgerOptions, postgresLedger } from './postgresLedger.ts'
export type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './postgresPool.ts'
