import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Ledger } from '@metered/billing'
import { postgresLedger } from '@metered/billing/postgres'
import { sqliteLedger } from '@metered/billing/sqlite'
import { Pool } from 'pg'
import { type Env, EnvError, readEnv } from './src/env.ts'

/**
 * Lists or drops parked usage events. Run this script with the servers' environment variables. You don't need
 * to stop the servers. Run the script from the same release as the servers, because it migrates the ledger's tables.
 */
const usage = `Usage:
  list                    List the parked usage events
  drop <transaction id> <reason>
                          Stop sending an event and return its units to the customer`

const [command = 'list', transactionId, reason, ...rest] = process.argv.slice(2)
const maxListed = 10_000
const truncated = `Only the first ${maxListed} parked events were read. There may be more.`

async function list(ledger: Ledger) {
  const parked = await ledger.parked(maxListed)
  for (const { attempt, customer, amount, meter, reason } of parked) {
    console.log([attempt, customer, `${amount} ${meter}`, reason].join('\t'))
  }
  if (parked.length === 0) console.log('No usage events are parked.')
  // This message goes to standard error, so that scripts don't read it as an event.
  if (parked.length === maxListed) console.error(truncated)
}

async function drop(ledger: Ledger, attempt: string, reason: string) {
  const parked = await ledger.parked(maxListed)
  const events = parked.filter((event) => event.attempt === attempt)
  if (events.length === 0) {
    const notFound = `No parked usage event has the transaction id ${attempt}.`
    throw new OperatorError(parked.length === maxListed ? `${notFound} ${truncated}` : notFound)
  }
  for (const { customer, meter, amount } of events) {
    await ledger.execute({
      type: 'operate',
      customer,
      id: randomUUID(),
      by: userInfo().username,
      reason,
      act: { type: 'drop', attempt, meter },
    })
    console.log(
      `Dropped ${amount} ${meter} for customer ${customer}. The customer gets the units back the next time that the server fetches the balance from Flowglad.`,
    )
  }
}

class OperatorError extends Error {}

/** Opens an existing ledger. Throws if the SQLite file is missing, because DATABASE_URL is then wrong. */
function open(database: Env['database']): Ledger {
  if (database.type === 'sqlite') {
    if (!existsSync(database.file)) {
      throw new OperatorError(`The database ${database.file} does not exist. Check DATABASE_URL.`)
    }
    return sqliteLedger(database.file)
  }
  return postgresLedger(
    new Pool({
      connectionString: database.url,
      max: 1,
      connectionTimeoutMillis: 5_000,
      allowExitOnIdle: true,
    }),
  )
}

try {
  if (
    !['list', 'drop'].includes(command) ||
    (command === 'drop') !== Boolean(reason) ||
    (command === 'list' && transactionId !== undefined) ||
    rest.length > 0
  ) {
    throw new OperatorError(usage)
  }
  // `pnpm --filter` changes to the package's folder. A relative DATABASE_URL refers to the caller's folder.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)
  await using ledger = open(readEnv(process.env, { built: false }).database)
  await (transactionId === undefined || !reason ? list(ledger) : drop(ledger, transactionId, reason))
} catch (error) {
  const explained = error instanceof OperatorError || error instanceof EnvError
  console.error(explained ? error.message : error)
  process.exitCode = 1
}
