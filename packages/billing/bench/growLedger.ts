import { join } from 'node:path'
import { Pool } from 'pg'
import type { Ledger } from '../src/ledger/ledger.ts'
import { type PostgresLedgerOptions, postgresLedger } from '../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aTakeLease } from '../test/ledger/builders.ts'
import { fill, pair } from './pairs.ts'
import { type Size, seedPostgres, seedSqlite } from './seed.ts'

/** Creates a SQLite ledger of the given size in the file `folder/name`. */
export async function growSqlite(folder: string, name: string, size: Size): Promise<Ledger> {
  const file = join(folder, `${name}.db`)
  const ledger = sqliteLedger(file)
  await makeTemplate(ledger)
  seedSqlite(file, size)
  return ledger
}

/** Creates a PostgreSQL ledger of the given size in an empty database. */
export async function growPostgres(
  connectionString: string,
  size: Size,
  options: PostgresLedgerOptions = {},
): Promise<Ledger> {
  const pool = new Pool({ connectionString, allowExitOnIdle: true })
  const ledger = postgresLedger(pool, options)
  await makeTemplate(ledger)
  await seedPostgres(pool, size)
  return ledger
}

/**
 * Writes the template rows: a customer with a snapshot, and a delivered charge. The other rows of the ledger are
 * copies of these rows.
 */
async function makeTemplate(ledger: Ledger) {
  await fill(ledger, ['template'])
  await pair(ledger, 'template')
  await deliver(ledger, 'template')
}

/** Acknowledges the customer's usage events without sending them to Flowglad. */
export async function deliver(ledger: Ledger, customer: string) {
  const lease = aTakeLease({ customer, purpose: 'deliver' })
  const taken = await ledger.execute(lease)
  if (taken.state !== 'taken') throw new Error(`The lease is ${taken.state}`)
  const events = taken.events.map(({ attempt, meter }) => ({ attempt, meter, priceId: 'price' }))
  await ledger.execute({ type: 'acknowledge', customer, events })
  await ledger.execute({ type: 'leaveLease', customer, token: lease.token, untaken: [] })
}
