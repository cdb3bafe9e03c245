import { setTimeout as wait } from 'node:timers/promises'
import type { BenchServer } from '../comparison/BenchServer.ts'
import { startServers } from '../comparison/startServers.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Row } from '../report.ts'
import { auditAll } from './auditAll.ts'
import { ping } from './calls.ts'

const name = 'Delivery'
const customers = 64
const callers = 64

/**
 * Measures how fast usage reaches Flowglad: from a full outbox, and while 64 callers make new calls over
 * HTTP.
 */
export async function delivery(options: Options) {
  const { quick, full } = options
  const backlog = quick ? 1_000 : 10_000
  const durationMs = quick ? 2_000 : full ? 120_000 : 15_000
  const rows: Row[] = []
  await using idle = await startServers(['SQLite', 'PostgreSQL'], { delivers: false })
  await using busy = await startServers(['SQLite', 'PostgreSQL'])
  for (const [index, server] of busy.servers.entries()) {
    const withBacklog = idle.servers[index]
    if (!withBacklog) continue
    progress(`${name}: ${server.variant}, ${backlog} waiting events`)
    const drained = await drainBacklog(withBacklog, backlog)
    progress(`${name}: ${server.variant}, ${durationMs / 1000} s of calls`)
    const lag = await measureLag(server, durationMs)
    rows.push({
      server: server.variant,
      'delivered/s, full outbox': drained.perSecond,
      'CPU µs per event': drained.cpuMicros,
      'HTTP calls/s': lag.callsPerSecond,
      'delivered/s ÷ calls/s': drained.perSecond / lag.callsPerSecond,
      'oldest waiting event ms, first half': lag.firstHalfMs,
      'oldest waiting event ms, second half': lag.secondHalfMs,
      'waiting events at the end': lag.waiting,
    })
  }
  return await auditAll(name, rows, [...idle.servers, ...busy.servers])
}

async function drainBacklog(server: BenchServer, backlog: number) {
  await server.load({ callers: 8, customers, calls: customers }, ping)
  await server.client.drain.mutate()
  await server.load({ callers, customers, calls: backlog }, { ...ping, transport: 'in process' })
  const cpu = await server.client.cpuMicros.query()
  const began = performance.now()
  await server.client.drain.mutate()
  const seconds = (performance.now() - began) / 1000
  return {
    perSecond: backlog / seconds,
    cpuMicros: ((await server.client.cpuMicros.query()) - cpu) / backlog,
  }
}

/**
 * Returns the rate of calls, the number of waiting events at the end, and the maximum age of waiting events
 * in each half of the run.
 */
async function measureLag(server: BenchServer, durationMs: number) {
  await server.load({ callers: 8, customers, calls: customers }, ping)
  let isRunning = true
  const load = server.load({ callers, customers, durationMs }, ping).finally(() => {
    isRunning = false
  })
  const ages: number[] = []
  while (isRunning) {
    ages.push((await server.client.health.query())?.oldestWaitingMs ?? 0)
    await wait(250)
  }
  const { perSecond } = await load
  const waiting = (await server.client.health.query())?.waiting ?? 0
  const middle = ages.length >> 1
  return {
    callsPerSecond: perSecond,
    firstHalfMs: Math.max(0, ...ages.slice(0, middle)),
    secondHalfMs: Math.max(0, ...ages.slice(middle)),
    waiting,
  }
}
