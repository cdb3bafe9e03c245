import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { studioPricing } from '../test/studioPricing.ts'

const { values } = parseArgs({
  options: {
    package: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    customers: { type: 'string', default: '10000' },
    events: { type: 'string', default: '0,100000,1000000' },
    memory: { type: 'boolean', default: false },
  },
})

const eventsPerCall = 1000
const singleEvents = 2000
const repeats = 200
const pageSize = 100
const headers = { authorization: 'sk_test_local', 'content-type': 'application/json' }

interface Server {
  url: string
  child: ChildProcess
  /** The milliseconds from the process's start until it prints its URL. */
  startMs: number
}

/** Starts the built command and waits until it listens. */
async function start(directory: string): Promise<Server> {
  const began = performance.now()
  const args = ['--pricing', join(directory, 'pricing.json'), '--port', '0']
  if (!values.memory) args.push('--db', join(directory, 'flowglad.db'))
  const child = spawn(process.execPath, [join(values.package, 'bin/flowglad-local.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The server exited. If it is not built yet, run: pnpm build')))
    child.stdout.on('data', (chunk) => {
      const found = /flowglad-local on (http:\S+)/.exec(String(chunk))
      if (found?.[1]) resolve(found[1])
    })
  })
  return { url, child, startMs: performance.now() - began }
}

async function kill({ child }: Server): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

const residentMb = ({ child }: Server) =>
  Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)])) / 1024)

async function ask(url: string, body?: object): Promise<string> {
  const answer = await fetch(url, {
    headers,
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} returned ${answer.status}: ${text.slice(0, 200)}`)
  return text
}

/** Prints the progress of a step that can take minutes. */
function report(noun: string, done: number, all: number): void {
  const tenth = (count: number) => Math.trunc((count * 10) / all)
  if (tenth(done) > tenth(done - 1000)) console.error(`${noun}: ${done} of ${all}`)
}

function print(row: Record<string, number>): void {
  const figures = Object.entries(row).map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`)
  console.log(figures.join(' · '))
}

/** Creates customers in parallel and returns the IDs of their subscriptions. */
async function createCustomers(url: string, count: number): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const worker = async () => {
    while (next < count) {
      const externalId = `customer-${next++}`
      const customer = { externalId, name: externalId, email: `${externalId}@studio.example` }
      ids.push(JSON.parse(await ask(`${url}/api/v1/customers`, { customer })).data.subscription.id)
      if (ids.length % 1000 === 0) report('customers', ids.length, count)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return ids
}

const event = (subscriptions: readonly string[], n: number) => ({
  subscriptionId: subscriptions[(n * 7919) % subscriptions.length],
  transactionId: `event-${n}`,
  amount: 1,
  usageMeterSlug: 'render',
  properties: { job: n },
})

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor((sorted.length - 1) * q)] ?? 0

/** Measures calls one after another. Runs `prepare` before each call, outside the measured time. */
async function measure(
  count: number,
  call: (n: number) => Promise<unknown>,
  prepare?: () => Promise<unknown>,
) {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    await prepare?.()
    times.push(await timed(() => call(n)))
  }
  const sorted = times.toSorted((a, b) => a - b)
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

const createEvent = (url: string, subscriptions: readonly string[], n: number) =>
  ask(`${url}/api/v1/usage-events`, { usageEvent: event(subscriptions, n) })

/** Returns a cursor for the page that starts after the stored event `n`. */
async function cursorAfter(url: string, subscriptions: readonly string[], n: number): Promise<string> {
  const { id, createdAt } = JSON.parse(await createEvent(url, subscriptions, n)).usageEvent
  return Buffer.from(JSON.stringify({ parameters: {}, createdAt, id })).toString('base64')
}

/** Measures single calls on the stored events. Returns the figures and the number of events that it added. */
async function measureCalls(url: string, subscriptions: readonly string[], stored: number) {
  const lists = `${url}/api/v1/usage-events?limit=${pageSize}`
  let next = stored
  const create = () => createEvent(url, subscriptions, next++)
  const single = await measure(singleEvents, create)
  const stride = Math.max(1, Math.floor(stored / repeats))
  const duplicate = await measure(repeats, (n) => createEvent(url, subscriptions, n * stride))
  const billing = await measure(repeats, (n) =>
    ask(`${url}/api/v1/customers/customer-${(n * 7919) % subscriptions.length}/billing`),
  )
  const last = await cursorAfter(url, subscriptions, next - pageSize)
  // Add an event before each page, so that a server that caches the total has to count again.
  const page = (cursor: string) => measure(repeats, () => ask(`${lists}${cursor}`), create)
  const first = await page('')
  const end = await page(`&cursor=${last}`)
  return {
    added: next - stored,
    figures: {
      'single p50 ms': single.p50,
      'single p99 ms': single.p99,
      'duplicate p50 ms': duplicate.p50,
      'billing p50 ms': billing.p50,
      'first page p50 ms': first.p50,
      'last page p50 ms': end.p50,
    },
  }
}

const directory = await mkdtemp(join(tmpdir(), 'flowglad-growth-'))
await writeFile(join(directory, 'pricing.json'), JSON.stringify(studioPricing))
let server = await start(directory)
try {
  print({ 'empty start ms': server.startMs, 'resident MB after start': residentMb(server) })
  const customers = Number(values.customers)
  let subscriptions: string[] = []
  const createMs = await timed(async () => {
    subscriptions = await createCustomers(server.url, customers)
  })
  print({ customers, 'customers/s': customers / (createMs / 1000) })
  let stored = 0
  for (const target of values.events.split(',').map(Number)) {
    const missing = target - stored
    const bulkMs = await timed(async () => {
      for (; stored < target; stored += eventsPerCall) {
        const usageEvents = Array.from({ length: eventsPerCall }, (_, i) => event(subscriptions, stored + i))
        await ask(`${server.url}/api/v1/usage-events/bulk`, { usageEvents })
        report('events', stored, target)
      }
    })
    const loadedMb = residentMb(server)
    const { added, figures } = await measureCalls(server.url, subscriptions, stored)
    stored += added
    const row: Record<string, number> = {
      events: target,
      ...(missing > 0 && { 'events/s in bulk': missing / (bulkMs / 1000) }),
      ...figures,
      'dashboard ms': await timed(() => ask(server.url)),
      'resident MB after load': loadedMb,
    }
    if (!values.memory) {
      await kill(server)
      row['file MB'] = Math.round((await stat(join(directory, 'flowglad.db'))).size / 1024 ** 2)
      server = await start(directory)
      row['start ms'] = server.startMs
      row['resident MB after start'] = residentMb(server)
    }
    print(row)
  }
} finally {
  await kill(server)
  await rm(directory, { recursive: true, force: true })
}
