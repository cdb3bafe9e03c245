import { stat } from 'node:fs/promises'
import { Client } from 'pg'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import type { BenchServer } from '../comparison/BenchServer.ts'
import { startServers } from '../comparison/startServers.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Row } from '../report.ts'
import { auditAll } from './auditAll.ts'
import { ping } from './calls.ts'

const name = 'Memory and disk space'
const steps = 10

/** Measures the server's memory and the ledger's size over 50,000 calls, or 10⁶ with `--full`. */
export async function memory({ quick, full }: Options) {
  const calls = quick ? 2_000 : full ? 1_000_000 : 50_000
  await using started = await startServers(['SQLite', 'PostgreSQL'])
  const rows: Row[] = []
  for (const server of started.servers) rows.push(await growth(server, calls))
  return await auditAll(name, rows, started.servers)
}

async function growth(server: BenchServer, calls: number): Promise<Row> {
  const memoryMiB: number[] = []
  let sizeAfterFirst = 0
  for (let step = 1; step <= steps; step += 1) {
    progress(`${name}: ${server.variant}, ${(calls / steps) * step} of ${calls} calls`)
    await load(server, calls / steps)
    memoryMiB.push((await server.client.memoryBytes.query()) / 2 ** 20)
    if (step === 1) sizeAfterFirst = await ledgerBytes(server)
  }
  const [first = 0] = memoryMiB
  const last = memoryMiB.at(-1) ?? 0
  return {
    server: server.variant,
    calls,
    'MiB after 10%': first,
    'MiB after 50%': memoryMiB[steps / 2 - 1] ?? null,
    'MiB after 100%': last,
    'MiB ÷ MiB after 10%': last / first,
    'ledger bytes per call': ((await ledgerBytes(server)) - sizeAfterFirst) / (calls - calls / steps),
  }
}

/**
 * The maximum number of calls in one request to the server's process. With more calls, the request could exceed its
 * time limit.
 */
const callsAtOnce = 10_000

async function load(server: BenchServer, calls: number) {
  for (let rest = calls; rest > 0; rest -= callsAtOnce) {
    const shape = { callers: 64, customers: 64, calls: Math.min(rest, callsAtOnce) }
    await server.load(shape, { ...ping, transport: 'in process' })
    await server.client.drain.mutate()
  }
}

/** Returns the size of the ledger's file or database, without write-ahead logs. */
async function ledgerBytes({ variant, address }: BenchServer): Promise<number> {
  if (variant === 'SQLite') {
    const db = connect(address)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    return (await stat(address)).size
  }
  const client = new Client({ connectionString: address })
  await client.connect()
  const { rows } = await client.query<{ bytes: string }>(
    'SELECT pg_database_size(current_database()) AS bytes',
  )
  await client.end()
  return Number(rows[0]?.bytes)
}
