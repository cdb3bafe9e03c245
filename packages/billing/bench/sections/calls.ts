import type { CallKind } from '../comparison/BenchServer.ts'
import { type Comparison, compare } from '../comparison/compare.ts'
import { startServers } from '../comparison/startServers.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Row, Section } from '../report.ts'
import { auditAll } from './auditAll.ts'

const variants = ['unmetered', 'SQLite', 'PostgreSQL'] as const
export const ping: CallKind = { transport: 'HTTP', procedure: 'ping', keyed: false }

/** Measures calls over HTTP. The server, the load generator, Flowglad and the database are separate processes. */
export const http = ({ full, ...options }: Options) =>
  compareAll('HTTP: tRPC over Fastify', options, [
    { ...ping, variants, callers: 1, customers: 64 },
    { ...ping, variants: [...variants, 'usual pattern'], callers: 16, customers: 64 },
    { ...ping, variants, callers: 64, customers: 64 },
    { ...ping, variants, callers: 64, customers: 1 },
    { ...ping, variants, callers: 64, customers: 64, keyed: true },
    { ...ping, variants, callers: 16, customers: 64, procedure: 'stream' },
    { ...ping, variants, callers: 64, customers: full ? 10_000 : 1_000 },
  ])

/** Measures calls to `ping` that the server's process makes with `createCaller`. */
export const inProcess = (options: Options) =>
  compareAll(
    'In process: createCaller',
    options,
    [
      { callers: 1, customers: 64 },
      { callers: 16, customers: 64 },
      { callers: 64, customers: 64 },
      { callers: 64, customers: 1 },
    ].map((load) => ({ ...ping, ...load, transport: 'in process' as const, variants })),
  )

export async function compareAll(
  name: string,
  { length }: Pick<Options, 'length'>,
  comparisons: Comparison[],
): Promise<Section> {
  const all = new Set(comparisons.flatMap(({ variants }) => variants))
  await using started = await startServers([...all])
  const rows: Row[] = []
  for (const comparison of comparisons) {
    const { procedure, callers, customers, keyed } = comparison
    progress(`${name}: ${procedure}${keyed ? ' with keys' : ''}, ${callers} callers, ${customers} customers`)
    rows.push(...(await compare(started.servers, comparison, length)))
  }
  return await auditAll(name, rows, started.servers)
}
