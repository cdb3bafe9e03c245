/**
 * `pnpm bench:pruning --events 1e7 --store SQLite` fills a ledger with delivered events whose retention period has
 * ended, and runs the sweeper until these events are gone. Calls are made before and during the pruning, so that
 * their latencies can be compared. The command fails if an event of these calls is missing.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'pg'
import { startPostgres } from 'test-postgres'
import { systemClock } from '../src/config/clock.ts'
import { silent } from '../src/config/logger.ts'
import { ledgerDefaults } from '../src/ledger/ledgerOptions.ts'
import { postgresLedger } from '../src/ledger/stores/postgres/postgresLedger.ts'
import { connect } from '../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../src/ledger/stores/sqlite/sqliteLedger.ts'
import { runSweeper } from '../src/metering/sweeper.ts'
import { growPostgres, growSqlite } from './growLedger.ts'
import { closedLoop } from './load/closedLoop.ts'
import { fill, pair, temporaryFolder } from './pairs.ts'
import { nameOf } from './seed.ts'
import { sum } from './statistics.ts'

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '1e4' },
    events: { type: 'string', default: '1e6' },
    store: { type: 'string', default: 'SQLite' },
  },
})
const size = { customers: Number(values.customers), events: Number(values.events) }
const called = 64

await using folder = await temporaryFolder()
await using server = values.store === 'PostgreSQL' ? await startPostgres() : null

const later = ledgerDefaults.chargeRetentionMs + 86_400_000
/** A clock by which the retention period of all initial events has ended. */
const clock = { now: () => Date.now() + later }

/** Creates and opens a ledger. Returns the ledger, and a function that counts the ledger's events. */
async function openLater() {
  if (server) {
    const address = await server.createDatabase()
    await (await growPostgres(address, size)).close()
    const pool = new Pool({ connectionString: address, allowExitOnIdle: true })
    const count = async () => Number((await pool.query('SELECT count(*) FROM metered.event')).rows[0].count)
    return { ledger: postgresLedger(pool, { clock }), count }
  }
  const file = join(folder.path, 'pruning.db')
  await (await growSqlite(folder.path, 'pruning', size)).close()
  const db = connect(file)
  const counted = db.prepare('SELECT count(*) AS count FROM metered_event')
  return {
    ledger: sqliteLedger(file, { clock }),
    count: async () => Number(Object.values(counted.get() ?? {})[0]),
  }
}

const began = performance.now()
const { ledger, count } = await openLater()
console.log(`${await count()} events, written in ${secondsSince(began)} s`)
const names = Array.from({ length: called }, (_, index) => nameOf(index))
await fill(ledger, names)

let answered = 0
/** Makes calls at a moderate rate, and returns their latencies. */
async function call(durationMs: number) {
  const result = await closedLoop({ callers: 4, customers: called, durationMs }, async (customer) => {
    await pair(ledger, nameOf(customer))
    await new Promise((resolve) => setTimeout(resolve, 20))
  })
  if (result.firstFailure !== null) throw new Error(result.firstFailure)
  answered += sum(result.answered)
  return { 'p50 ms': result.p50Ms - 20, 'p99 ms': result.p99Ms - 20 }
}

const before = await call(20_000)
const stopping = new AbortController()
const pruning = performance.now()
const sweeping = runSweeper({
  ledger,
  clock: systemClock,
  logger: silent,
  sweepMs: 1_000,
  stopping: stopping.signal,
})
const during: Awaited<ReturnType<typeof call>>[] = []
let left = await count()
let peakMiB = 0
while (left > answered) {
  during.push(await call(10_000))
  left = await count()
  peakMiB = Math.max(peakMiB, process.memoryUsage.rss() / 1_048_576)
  console.error(`${left - answered} events left after ${secondsSince(pruning)} s`)
}
const seconds = secondsSince(pruning)
stopping.abort()
await sweeping
console.table({ before, 'during, median': middle(during) })
console.log(
  `pruned in ${seconds} s, ${Math.round(size.events / seconds)} events/s, ${peakMiB.toFixed(0)} MiB`,
)
if (left !== answered) {
  console.error(`${answered} calls succeeded during the run, but ${left} events are left.`)
  process.exitCode = 1
}
await ledger.close()

function secondsSince(start: number) {
  return Math.round((performance.now() - start) / 1000)
}

/** Returns the round with the median p99. */
function middle(rounds: typeof during) {
  return [...rounds].sort((a, b) => a['p99 ms'] - b['p99 ms'])[Math.floor(rounds.length / 2)]
}
