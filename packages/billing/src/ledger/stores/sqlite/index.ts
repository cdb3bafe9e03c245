export type { Ledger } from '../../ledger.ts'
export type { LedgerOptions } from '../../ledgerOptions.ts'
export type { SqliteDriver } from './sqliteDriver.ts'
export { type SqliteLedgerOptions, sqliteLedger } from './sqliteLedger.ts'
