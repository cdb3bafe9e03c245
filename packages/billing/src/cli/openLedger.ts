import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Ledger } from '../ledger/ledger.ts'
import { assertCurrentRelease } from '../ledger/stores/assertCurrentRelease.ts'
import { appliedMigrations as appliedToDatabase } from '../ledger/stores/postgres/appliedMigrations.ts'
import { migrations as postgresMigrations } from '../ledger/stores/postgres/migrations.ts'
import { poolSource, withoutPassword } from '../ledger/stores/postgres/poolSource.ts'
import { postgresLedger } from '../ledger/stores/postgres/postgresLedger.ts'
import { isTransient, onConnection } from '../ledger/stores/postgres/transaction.ts'
import { appliedMigrations as appliedToFile } from '../ledger/stores/sqlite/appliedMigrations.ts'
import { explainOpenError } from '../ledger/stores/sqlite/explainOpenError.ts'
import { migrations as sqliteMigrations } from '../ledger/stores/sqlite/migrations.ts'
import { retryWhileBusy } from '../ledger/stores/sqlite/retryWhileBusy.ts'
import { sqliteLedger } from '../ledger/stores/sqlite/sqliteLedger.ts'
import type { CommandContext } from './command.ts'
import { CommandError, UsageError } from './command.ts'

/** The location of a ledger. */
export type LedgerLocation = { store: 'sqlite'; file: string } | { store: 'postgres'; url: string }

/** Returns the ledger's location from `--ledger` or `METERED_LEDGER`. */
export function ledgerLocation(
  { ledger }: { ledger?: string | undefined },
  { folder, env }: CommandContext,
): LedgerLocation {
  const given = ledger || env.METERED_LEDGER
  if (!given)
    throw new UsageError(
      'Pass --ledger with a SQLite file or a PostgreSQL URL, or set the environment variable METERED_LEDGER.',
    )
  if (/^postgres(ql)?:\/\//i.test(given)) return { store: 'postgres', url: given }
  if (/^([a-z][a-z+]*:\/\/|file:)/i.test(given) || given === ':memory:')
    throw new UsageError('--ledger needs the path of a SQLite file, or a URL that begins with postgres://.')
  return { store: 'sqlite', file: resolve(folder, given) }
}

/**
 * Opens an existing ledger. Never creates a ledger, because a mistyped path must not look like an empty
 * ledger. Never migrates a ledger, because a server of an earlier release may be using it.
 */
export async function openLedger(
  options: { ledger?: string | undefined },
  context: CommandContext,
): Promise<Ledger> {
  const location = ledgerLocation(options, context)
  return location.store === 'sqlite' ? openFile(location.file) : openPostgres(location.url)
}

/** Throws if the file is missing. */
export function assertFileExists(file: string): void {
  if (!existsSync(file))
    throw new CommandError(`The ledger's file ${file} does not exist. Pass another path.`)
}

/** Rejects unless the file is a ledger of this release. */
export async function assertLedgerFile(file: string): Promise<void> {
  assertFileExists(file)
  try {
    const applied = await retryWhileBusy(() => appliedToFile(file), { waitMs: patienceMs })
    assertCurrentRelease(file, applied, sqliteMigrations.length)
  } catch (error) {
    throw explainOpenError(file, error)
  }
}

/** How long a command waits for a busy or unreachable database. */
const patienceMs = 5_000
const settings = { outOfReachAfterMs: patienceMs }

async function openFile(file: string): Promise<Ledger> {
  await assertLedgerFile(file)
  return sqliteLedger(file, settings)
}

async function openPostgres(url: string): Promise<Ledger> {
  assertCurrentRelease(withoutPassword(url), await migrationsOf(url), postgresMigrations.length)
  // Batch by bucket, because the database may be distributed by bucket over several nodes.
  return postgresLedger(url, { ...settings, batchBy: 'bucket' })
}

/**
 * Rejects if the database contains a ledger of another release. A server of that release may use the ledger,
 * so a command must not migrate it.
 */
export async function assertNoOtherRelease(url: string): Promise<void> {
  const applied = await migrationsOf(url)
  if (applied !== null) assertCurrentRelease(withoutPassword(url), applied, postgresMigrations.length)
}

/** Returns the number of migrations that the database has, or null if it contains no ledger. */
async function migrationsOf(url: string): Promise<number | null> {
  const source = poolSource(url)
  try {
    const pool = await source.pool()
    if (pool.options) pool.options.connectionTimeoutMillis = patienceMs
    return await onConnection(pool, patienceMs, appliedToDatabase)
  } catch (error) {
    if (!isTransient(error)) throw error
    const cause = error instanceof AggregateError ? error.errors[0] : error
    throw new CommandError(
      `The ledger's database isn't responding: ${cause instanceof Error ? cause.message : cause}`,
    )
  } finally {
    await source.close()
  }
}
