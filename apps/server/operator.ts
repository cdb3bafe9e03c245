import { existsSync } from 'node:fs'
import { type Ledger, postgresLedger, sqliteLedger } from '@metered/billing'
import { Pool } from 'pg'
import { type Env, EnvError, readEnv } from './src/env.ts'

/**
 * Usage that Flowglad refuses, for an operator, beside the running servers and with their environment:
 * `operator.ts` lists it, `operator.ts drop <transaction id>` gives it up. Opening the ledger brings its tables up to date, as a server's start does: run
 * the version that the servers run.
 */
const [act = 'list', transactionId, ...rest] = process.argv.slice(2)
const listed = 10_000
const cut = `Only ${listed} are looked at; there may be more.`

async function list(ledger: Ledger) {
  const parked = await ledger.parked(listed)
  for (const { attempt, customer, amount, meter, reason } of parked) {
    console.log([attempt, customer, `${amount} ${meter}`, reason].join('\t'))
  }
  if (parked.length === 0) console.log('Nothing is parked.')
  // After the lines, and not among them: whatever reads those must not take it for one.
  if (parked.length === listed) console.error(cut)
}

async function drop(ledger: Ledger, attempt: string) {
  const parked = await ledger.parked(listed)
  const found = parked.filter((event) => event.attempt === attempt)
  if (found.length === 0) {
    const nothing = `Nothing is parked under the transaction id ${attempt}`
    throw new OperatorError(parked.length === listed ? `${nothing}. ${cut}` : nothing)
  }
  for (const { customer, meter, amount } of found) {
    await ledger.execute({ type: 'drop', customer, events: [{ attempt, meter }] })
    console.log(
      `Dropped ${amount} ${meter} of ${customer}: never sent again, given back with the next look at Flowglad.`,
    )
  }
}

class OperatorError extends Error {}

/** Closed with its scope. A database that is not there is a mistake in the address, and is not made. */
function open(database: Env['database']): Ledger {
  if (database.type === 'sqlite') {
    if (!existsSync(database.file)) throw new OperatorError(`There is no database ${database.file}`)
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
    !['list', 'drop'].includes(act) ||
    (act === 'drop') !== (transactionId !== undefined) ||
    rest.length > 0
  ) {
    throw new OperatorError('Use: list | drop <transaction id>')
  }
  // Under `pnpm --filter` this process stands in its package: a relative DATABASE_URL means the folder the operator stands in.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)
  await using ledger = open(readEnv(process.env, { built: false }).database)
  await (transactionId === undefined ? list(ledger) : drop(ledger, transactionId))
} catch (error) {
  const told = error instanceof OperatorError || error instanceof EnvError
  console.error(told ? error.message : error)
  process.exitCode = 1
}
