import type { BenchServer, CallKind } from '../comparison/BenchServer.ts'
import { startServers } from '../comparison/startServers.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Row } from '../report.ts'
import { sum } from '../statistics.ts'
import { auditAll } from './auditAll.ts'
import { ping } from './calls.ts'

const name = 'Profile: CPU µs per call by part'
const loads: { kind: CallKind; callers: number }[] = [
  { kind: ping, callers: 1 },
  { kind: ping, callers: 64 },
  { kind: { ...ping, transport: 'in process' }, callers: 64 },
]
const customers = 64
/** The smallest share that gets its own row. Smaller parts are summed in one row. */
const smallestShare = 0.02

/**
 * Divides the CPU time of a call among the parts of the server's process. Sampling takes CPU time too, so the sums are
 * higher than the figures of the other sections.
 */
export async function profile({ quick, length }: Options) {
  await using started = await startServers(['unmetered', 'SQLite', 'PostgreSQL'])
  const columns: { title: string; micros: Map<string, number> }[] = []
  for (const { kind, callers } of loads) {
    for (const server of started.servers) {
      const title = `${kind.transport}, ${callers === 1 ? '1 caller' : `${callers} callers`}, ${server.variant}`
      progress(`${name}: ${title}`)
      const shape = { callers, customers, durationMs: 3 * length.roundMs }
      await server.measure({ ...shape, durationMs: quick ? 200 : 2_000 }, kind)
      columns.push({ title, micros: await microsByPart(server, shape, kind) })
    }
  }
  return await auditAll(name, toRows(columns), started.servers)
}

async function microsByPart(
  server: BenchServer,
  shape: { callers: number; customers: number; durationMs: number },
  kind: CallKind,
): Promise<Map<string, number>> {
  await server.client.startProfile.mutate()
  const { cpuMicros } = await server.measure(shape, kind)
  const parts = Object.entries(await server.client.stopProfile.mutate())
  const total = sum(parts.map(([, time]) => time))
  return new Map(parts.map(([part, time]) => [part, (time / total) * cpuMicros]))
}

/** Returns one row per part, starting with the part that takes the most time, and a last row with the sums. */
function toRows(columns: { title: string; micros: Map<string, number> }[]): Row[] {
  const totals = columns.map(({ micros }) => sum([...micros.values()]))
  const shareOf = (part: string) =>
    Math.max(...columns.map(({ micros }, index) => (micros.get(part) ?? 0) / (totals[index] ?? 1)))
  const parts = [...new Set(columns.flatMap(({ micros }) => [...micros.keys()]))]
  const large = parts.filter((part) => shareOf(part) >= smallestShare).sort((a, b) => shareOf(b) - shareOf(a))
  const row = (part: string, read: (micros: Map<string, number>) => number): Row => ({
    part,
    ...Object.fromEntries(columns.map(({ title, micros }) => [title, read(micros) || null])),
  })
  return [
    ...large.map((part) => row(part, (micros) => micros.get(part) ?? 0)),
    row('other packages', (micros) =>
      sum([...micros].map(([part, time]) => (large.includes(part) ? 0 : time))),
    ),
    row('sum', (micros) => sum([...micros.values()])),
  ]
}
