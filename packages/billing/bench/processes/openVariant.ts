import { z } from 'zod'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { unmeteredApp } from '../app/app.ts'
import { createAppBilling, meteredApp } from '../app/meteredApp.ts'
import { usualApp } from '../app/usualApp.ts'
import { createWork } from '../app/work.ts'

export const variants = ['unmetered', 'usual pattern', 'SQLite', 'PostgreSQL'] as const
export type Variant = (typeof variants)[number]

export const serverSettings = z.object({
  variant: z.enum(variants),
  /** The start of the names of this server's customers. */
  prefix: z.string(),
  /** The ledger's file or connection string. */
  address: z.string(),
  flowglad: z.object({ url: z.string(), key: z.string() }),
})
export type ServerSettings = z.infer<typeof serverSettings>

/** Creates the app of a variant, and its billing and ledger if it has them. */
export function openVariant({ variant, address, flowglad }: ServerSettings) {
  const work = createWork()
  if (variant === 'unmetered') return { app: unmeteredApp(work), work, billing: null, ledger: null }
  if (variant === 'usual pattern') return { app: usualApp(work, flowglad), work, billing: null, ledger: null }
  const ledger = variant === 'SQLite' ? sqliteLedger(address) : postgresLedger(address)
  const billing = createAppBilling(ledger, flowglad)
  return { app: meteredApp(work, billing), work, billing, ledger }
}
