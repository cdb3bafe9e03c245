import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import type { BenchServer } from '../comparison/BenchServer.ts'
import { startServers } from '../comparison/startServers.ts'
import { noCounts } from '../counting/counts.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Row } from '../report.ts'
import { auditAll } from './auditAll.ts'
import { ping } from './calls.ts'

const name = 'Statements that a call sends to the database, excluding delivery'
const inProcess = { ...ping, transport: 'in process' } as const

/**
 * Counts transactions, statements, round trips and flushes. Doesn't measure times, because counting takes CPU time.
 */
export async function statements({ quick }: Options) {
  await using started = await startServers(['SQLite', 'PostgreSQL'], { delivers: false, counts: true })
  const rows: Row[] = []
  for (const callers of [1, 16, 64]) {
    for (const server of started.servers) {
      progress(`${name}: ${server.variant}, ${callers} callers`)
      rows.push(await countCalls(server, { callers, calls: (quick ? 5 : 50) * callers + 100 }))
    }
  }
  return await auditAll(name, rows, started.servers)
}

async function countCalls(
  server: BenchServer,
  { callers, calls }: { callers: number; calls: number },
): Promise<Row> {
  const customers = 64
  await server.load({ callers: 8, customers, calls: 2 * customers }, inProcess)
  const flushes = server.variant === 'PostgreSQL' && callers === 1 ? await walFlushes(server.address) : null
  const before = (await server.client.counts.query()) ?? noCounts()
  await server.load({ callers, customers, calls }, inProcess)
  const after = (await server.client.counts.query()) ?? noCounts()
  const perCall = (count: 'transactions' | 'statements' | 'roundTrips') =>
    (after[count] - before[count]) / calls
  return {
    callers,
    customers,
    server: server.variant,
    'transactions per call': perCall('transactions'),
    'statements per call': perCall('statements'),
    'round trips per call': server.variant === 'PostgreSQL' ? perCall('roundTrips') : null,
    'WAL flushes per call': flushes === null ? null : ((await walFlushes(server.address)) - flushes) / calls,
  }
}

/** How long to wait for PostgreSQL's statistics. Idle connections report their statistics after 10 s. */
const reportedAfterMs = 11_000

async function walFlushes(connectionString: string): Promise<number> {
  await wait(reportedAfterMs)
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query<{ flushes: string }>(
    `SELECT sum(fsyncs) AS flushes FROM pg_stat_io WHERE object = 'wal'`,
  )
  await client.end()
  return Number(rows[0]?.flushes)
}
