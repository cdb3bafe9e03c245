import { startServers } from '../comparison/startServers.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Row } from '../report.ts'
import { auditAll } from './auditAll.ts'
import { ping } from './calls.ts'

const name = 'Fetches: first calls and refreshes'

/**
 * Measures the calls that the other sections exclude: each customer's first call, and refreshes of snapshots.
 */
export async function fetches({ quick }: Options) {
  const customers = quick ? 64 : 500
  await using started = await startServers(['SQLite', 'PostgreSQL'])
  const rows: Row[] = []
  for (const server of started.servers) {
    progress(`${name}: ${server.variant}`)
    const first = await server.measure(
      { callers: 8, customers, calls: customers },
      { ...ping, transport: 'in process' },
    )
    const before = await server.client.cpuMicros.query()
    const refreshed = await server.client.refresh.mutate(customers)
    if (refreshed.firstFailure !== null) throw new Error(refreshed.firstFailure)
    rows.push({
      server: server.variant,
      customers,
      'first call: CPU µs': first.cpuMicros,
      'first call: p50 ms': first.p50Ms,
      'refresh: CPU µs': ((await server.client.cpuMicros.query()) - before) / customers,
      'refresh: p50 ms': refreshed.p50Ms,
    })
  }
  return await auditAll(name, rows, started.servers)
}
