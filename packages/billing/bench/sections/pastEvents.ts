import { startPostgres } from 'test-postgres'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { postgresCpu } from '../comparison/postgresCpu.ts'
import { growPostgres, growSqlite } from '../growLedger.ts'
import { closedLoop } from '../load/closedLoop.ts'
import type { Options } from '../options.ts'
import { pair, temporaryFolder } from '../pairs.ts'
import { progress } from '../progress.ts'
import type { Row, Section } from '../report.ts'
import { nameOf } from '../seed.ts'
import { median, sum } from '../statistics.ts'

const name = 'Past events: reserve and settle'
const called = 64

interface Grown {
  store: string
  events: number
  ledger: Ledger
  databaseCpu: () => Promise<number | null>
  before: Map<string, number>
  answered: number[]
}

/** Compares ledgers with 10³ and 10⁶ past events. Nothing is delivered, so the audit reads only the ledger. */
export async function pastEvents({ quick, length: { rounds, roundMs } }: Options): Promise<Section> {
  await using folder = await temporaryFolder()
  await using postgres = await startPostgres()
  const rows: Row[] = []
  const problems: string[] = []
  let audited = 0
  for (const store of ['SQLite', 'PostgreSQL']) {
    const ledgers: Grown[] = []
    for (const events of [1_000, quick ? 10_000 : 1_000_000]) {
      progress(`${name}: ${store}, writing ${events} events`)
      const size = { customers: 1_000, events }
      const database = store === 'PostgreSQL' ? await postgres.createDatabase() : null
      const ledger = await (database
        ? growPostgres(database, size)
        : growSqlite(folder.path, `${events}-events`, size))
      const databaseCpu = database ? await postgresCpu(database) : async () => null
      const before = await usedUnits(ledger)
      ledgers.push({
        store,
        events,
        ledger,
        databaseCpu,
        before,
        answered: new Array<number>(called).fill(0),
      })
    }
    progress(`${name}: ${store}, comparing`)
    rows.push(...(await compareLedgers(ledgers, rounds, roundMs)))
    for (const grown of ledgers) {
      problems.push(...(await auditLedger(grown)))
      audited += sum(grown.answered)
      await grown.ledger.close()
    }
  }
  return { name, rows, problems, audited, isDelivered: false }
}

async function compareLedgers(ledgers: Grown[], rounds: number, roundMs: number): Promise<Row[]> {
  const figures = ledgers.map((): Awaited<ReturnType<typeof round>>[] => [])
  for (const grown of ledgers) await round(grown, roundMs)
  for (let count = 0; count < rounds; count += 1) {
    for (const [index, grown] of ledgers.entries()) figures[index]?.push(await round(grown, roundMs))
  }
  const [fewest = []] = figures
  return ledgers.map(({ store, events }, index) => {
    const own = figures[index] ?? []
    const ratio = (read: (figures: (typeof own)[0]) => number) =>
      index === 0 ? null : median(own.map((it, at) => read(it) / read(fewest[at] ?? it)))
    const database = median(own.map(({ databaseMicros }) => databaseMicros ?? Number.NaN))
    return {
      store,
      'past events': events,
      'pairs/s': median(own.map(({ perSecond }) => perSecond)),
      'CPU µs': median(own.map(({ cpuMicros }) => cpuMicros)),
      'CPU ÷ 10³ events': ratio(({ cpuMicros }) => cpuMicros),
      'database CPU µs': Number.isNaN(database) ? null : database,
      'p50 ms': median(own.map(({ p50Ms }) => p50Ms)),
      'p50 ÷ 10³ events': ratio(({ p50Ms }) => p50Ms),
    }
  })
}

async function round({ ledger, databaseCpu, answered }: Grown, durationMs: number) {
  const databaseBefore = await databaseCpu()
  const before = process.cpuUsage()
  const result = await closedLoop({ callers: 64, customers: called, durationMs }, (customer) =>
    pair(ledger, nameOf(customer)),
  )
  const { user, system } = process.cpuUsage(before)
  const databaseAfter = await databaseCpu()
  if (result.firstFailure !== null) throw new Error(result.firstFailure)
  for (const [customer, pairs] of result.answered.entries())
    answered[customer] = (answered[customer] ?? 0) + pairs
  const pairs = sum(result.answered)
  const isCounted = databaseBefore !== null && databaseAfter !== null
  return {
    ...result,
    cpuMicros: (user + system) / pairs,
    databaseMicros: isCounted ? (databaseAfter - databaseBefore) / pairs : null,
  }
}

async function auditLedger({ store, ledger, before, answered }: Grown): Promise<string[]> {
  const problems: string[] = []
  const after = await usedUnits(ledger)
  for (const [index, pairs] of answered.entries()) {
    const customer = nameOf(index)
    const booked = (after.get(customer) ?? 0) - (before.get(customer) ?? 0)
    if (booked !== pairs)
      problems.push(
        `${store}: ${customer}: successful calls cost ${pairs} units, but ${booked} units were booked.`,
      )
    const { balances } = await ledger.balances(customer)
    if (balances.some(({ held }) => held > 0)) problems.push(`${store}: ${customer}: units are still held.`)
  }
  return problems
}

async function usedUnits(ledger: Ledger): Promise<Map<string, number>> {
  const used = new Map<string, number>()
  for (let index = 0; index < called; index += 1) {
    const customer = nameOf(index)
    const { balances } = await ledger.balances(customer)
    used.set(customer, sum(balances.map((it) => it.used)))
  }
  return used
}
