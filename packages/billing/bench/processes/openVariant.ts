import { Pool } from 'pg'
import { z } from 'zod'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { unmeteredApp } from '../app/app.ts'
import { createAppBilling, meteredApp } from '../app/meteredApp.ts'
import { usualApp } from '../app/usualApp.ts'
import { createWork } from '../app/work.ts'
import { CountingSocket } from '../counting/CountingSocket.ts'
import { countSqlite } from '../counting/countSqlite.ts'
import { type Counts, noCounts } from '../counting/counts.ts'

export const variants = [
  'unmetered',
  'usual pattern',
  'SQLite',
  'SQLite, 3 budgets',
  'PostgreSQL',
  'PostgreSQL, 3 budgets',
] as const
export type Variant = (typeof variants)[number]

export const isOnPostgres = (variant: Variant) => variant.startsWith('PostgreSQL')

export const serverSettings = z.object({
  variant: z.enum(variants),
  /** The prefix of this server's customer IDs. */
  prefix: z.string(),
  /** The ledger's file or connection string. */
  address: z.string(),
  flowglad: z.object({ url: z.string(), key: z.string() }),
  /** Whether usage is delivered while calls run. */
  delivers: z.boolean(),
  /** Whether to count the ledger's statements. Counting takes CPU time. */
  counts: z.boolean(),
})
export type ServerSettings = z.infer<typeof serverSettings>

/** Creates a variant's app, and its billing and ledger if the variant has them. */
export function openVariant({ variant, address, flowglad, delivers, counts: isCounting }: ServerSettings) {
  const work = createWork()
  const counts = isCounting ? noCounts() : null
  if (variant === 'unmetered') return { app: unmeteredApp(work), work, billing: null, ledger: null, counts }
  if (variant === 'usual pattern')
    return { app: usualApp(work, flowglad), work, billing: null, ledger: null, counts }
  const ledger = isOnPostgres(variant) ? openPostgres(address, counts) : openSqlite(address, counts)
  const hasBudgets = variant.endsWith('3 budgets')
  const billing = createAppBilling(ledger, { flowglad, delivers, hasBudgets })
  return { app: meteredApp(work, billing), work, billing, ledger, counts }
}

function openSqlite(file: string, counts: Counts | null) {
  if (!counts) return sqliteLedger(file)
  countSqlite(counts)
  return sqliteLedger(file, { driver: 'libsql' })
}

function openPostgres(connectionString: string, counts: Counts | null) {
  if (!counts) return postgresLedger(connectionString)
  const stream = () => new CountingSocket(counts)
  return postgresLedger(new Pool({ connectionString, max: 4, keepAlive: true, stream }))
}
