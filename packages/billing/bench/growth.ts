/**
 * `pnpm bench:growth --customers 1e6 --events 1e7 --store SQLite` compares each operation's cost in large
 * ledgers with its cost in a small one (10³ customers, 10³ past events). Each round measures all ledgers, so
 * load on the machine affects all of them. Compare the ratios.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from 'test-postgres'
import type { Ledger } from '../src/ledger/ledger.ts'
import { attemptId } from '../src/metering/attemptId.ts'
import { anInstall, aReserve, aTakeLease, settleOf, units } from '../test/ledger/builders.ts'
import { deliver, growPostgres, growSqlite } from './growLedger.ts'
import { measure, pair, temporaryFolder } from './pairs.ts'
import { nameOf, type Size } from './seed.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '1e5' },
    events: { type: 'string', default: '1e5' },
    store: { type: 'string', default: 'SQLite' },
    rounds: { type: 'string', default: '7' },
  },
})
const small = 1000
const sizes = {
  small: { customers: small, events: small },
  customers: { customers: Number(values.customers), events: small },
  events: { customers: small, events: Number(values.events) },
}

await using folder = await temporaryFolder()
await using server = values.store === 'PostgreSQL' ? await startPostgres() : null

async function grown(name: string, size: Size): Promise<Ledger> {
  const began = performance.now()
  const ledger = await (server
    ? growPostgres(await server.createDatabase(), size)
    : growSqlite(folder.path, name, size))
  console.log(
    `${name}: ${size.customers} customers, ${size.events} past events, seeded in ${seconds(began)} s`,
  )
  return ledger
}
const seconds = (began: number) => Math.round((performance.now() - began) / 1000)

async function keyed(ledger: Ledger, customer: string) {
  const attempt = attemptId(Date.now())
  const reserve = aReserve({ customer, attempt, key: attempt })
  await ledger.execute(reserve)
  await ledger.execute(settleOf(reserve, { result: '"result"' }))
  await ledger.execute(aReserve({ customer, key: attempt }))
}

async function fetch(ledger: Ledger, customer: string) {
  const lease = aTakeLease({ customer })
  await ledger.execute(lease)
  await ledger.execute(anInstall({ customer, token: lease.token, snapshot: units(1_000_000_000) }))
}

/**
 * The operations to measure. Each operation returns its cost in microseconds. For SQLite, the cost is this
 * process's CPU time. For PostgreSQL, which runs in another process, the cost is the elapsed time.
 */
const operations: Record<string, (ledger: Ledger, customer: () => string) => Promise<number>> = {
  'reserve + settle, 64 callers': async (ledger, customer) => {
    const { cpuMicros, perSecond } = await measure({ ledger, callers: 64, durationMs: 700, customer })
    return server ? 1_000_000 / perSecond : cpuMicros
  },
  'reserve + settle + replay under a key': (ledger, customer) => each(40, () => keyed(ledger, customer())),
  'deliver one event': (ledger, customer) =>
    each(
      40,
      (name) => deliver(ledger, name),
      async () => {
        const name = customer()
        await pair(ledger, name)
        return name
      },
    ),
  'fetch and install': (ledger, customer) => each(40, () => fetch(ledger, customer())),
  balances: (ledger, customer) => each(40, () => ledger.balances(customer())),
  'the newest charge': (ledger, customer) =>
    each(40, () => ledger.charges({ customer: customer(), limit: 1, cursor: null })),
  'versions of 100': (ledger, customer) =>
    each(20, () => ledger.versions(Array.from({ length: 100 }, customer))),
  'customers with undelivered events or due holds': (ledger) =>
    each(10, async () => [await ledger.customersToDeliver(100), await ledger.customersWithDueHolds(100)]),
  health: (ledger) => each(10, () => ledger.health()),
  prune: (ledger) => each(10, () => ledger.prune()),
}

async function each<T>(count: number, work: (given: T) => Promise<unknown>, prepare?: () => Promise<T>) {
  let micros = 0
  for (let n = 0; n < count; n += 1) {
    // The cast is safe: without `prepare`, `work` ignores its argument.
    const given = (await prepare?.()) as T
    const cpu = process.cpuUsage()
    const began = performance.now()
    await work(given)
    const { user, system } = process.cpuUsage(cpu)
    micros += server ? (performance.now() - began) * 1000 : user + system
  }
  return micros / count
}

const ledgers: { name: string; ledger: Ledger; customer: () => string }[] = []
for (const [name, size] of Object.entries(sizes)) {
  const customer = () => nameOf(Math.floor(Math.random() * size.customers))
  ledgers.push({ name, ledger: await grown(name, size), customer })
}
const table: Record<string, Record<string, string>> = {}
for (const [operation, run] of Object.entries(operations)) {
  const costs = new Map(ledgers.map(({ name }) => [name, [] as number[]]))
  for (const { ledger, customer } of ledgers) await run(ledger, customer)
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { name, ledger, customer } of ledgers) costs.get(name)?.push(await run(ledger, customer))
  }
  const of = (name: keyof typeof sizes) => median(costs.get(name) ?? [])
  table[operation] = {
    'µs, small': of('small').toFixed(0),
    [`${values.customers} customers`]: `× ${(of('customers') / of('small')).toFixed(2)}`,
    [`${values.events} events`]: `× ${(of('events') / of('small')).toFixed(2)}`,
  }
}
console.table(table)
for (const { ledger } of ledgers) await ledger.close()
