import type { LoadShape } from '../load/closedLoop.ts'
import type { Variant } from '../processes/openVariant.ts'
import type { Row } from '../report.ts'
import { median } from '../statistics.ts'
import type { BenchServer, CallKind, Figures } from './BenchServer.ts'

/** One comparison: the same load on several servers. */
export interface Comparison extends CallKind {
  callers: number
  customers: number
  variants: readonly Variant[]
  /** The server that the other servers are compared with. Default: `unmetered`. */
  base?: Variant
}

export interface Length {
  rounds: number
  roundMs: number
  /** The number of calls before the first round, so that the rounds measure compiled code. */
  warmUpCalls: number
}

/**
 * Measures the servers in turn, round by round, so that load on the machine affects all of them. Each ratio
 * compares two measurements of the same round. Returns one row per server, with the medians over its rounds.
 */
export async function compare(
  servers: BenchServer[],
  comparison: Comparison,
  { rounds, roundMs, warmUpCalls }: Length,
): Promise<Row[]> {
  const { callers, customers, variants } = comparison
  const compared = servers.filter(({ variant }) => variants.includes(variant))
  const shape: LoadShape = { callers, customers, durationMs: roundMs }
  for (const server of compared) {
    await warmUp(server, comparison, warmUpCalls)
    await server.measure({ ...shape, durationMs: roundMs / 2 }, comparison)
  }
  const figures = new Map<Variant, Figures[]>(compared.map(({ variant }) => [variant, []]))
  for (let round = 0; round < rounds; round += 1) {
    // Each round starts with a different server.
    const order = [...compared.slice(round % compared.length), ...compared.slice(0, round % compared.length)]
    for (const server of order) figures.get(server.variant)?.push(await server.measure(shape, comparison))
  }
  return compared.map(({ variant }) => rowOf(comparison, variant, figures))
}

/**
 * The maximum number of calls in one request to a server process. With more calls, the request could exceed its
 * time limit of five minutes.
 */
const callsAtOnce = 200

/** Calls the server at least once for each customer, because a customer's first call fetches a snapshot. */
async function warmUp(server: BenchServer, comparison: Comparison, calls: number) {
  const { customers } = comparison
  for (let rest = Math.max(calls, customers); rest > 0; rest -= callsAtOnce) {
    await server.load({ callers: 8, customers, calls: Math.min(rest, callsAtOnce) }, comparison)
  }
}

function rowOf(comparison: Comparison, variant: Variant, figures: Map<Variant, Figures[]>): Row {
  const own = figures.get(variant) ?? []
  const middle = (read: (figures: Figures) => number) => median(own.map(read))
  /**
   * Compares this server with the other server in each round, and returns the median of the results. Returns null
   * if the other server wasn't measured, or is this server.
   */
  const paired = (other: Variant, relate: (own: Figures, other: Figures) => number) => {
    const others = figures.get(other)
    if (!others || other === variant) return null
    return median(own.map((it, round) => relate(it, others[round] ?? it)))
  }
  const { procedure, keyed, callers, customers, base = 'unmetered' } = comparison
  const toBase = (relate: (own: Figures, other: Figures) => number) => paired(base, relate)
  return {
    calls: comparison.transport,
    work: keyed ? `${procedure} with keys` : procedure,
    callers,
    customers,
    server: variant,
    'calls/s': middle((it) => it.perSecond),
    [`calls/s ÷ ${base}`]: toBase((it, other) => it.perSecond / other.perSecond),
    'calls/s ÷ usual': paired('usual pattern', (it, other) => it.perSecond / other.perSecond),
    'CPU µs': middle((it) => it.cpuMicros),
    [`CPU ÷ ${base}`]: toBase((it, other) => it.cpuMicros / other.cpuMicros),
    'added CPU µs': toBase((it, other) => it.cpuMicros - other.cpuMicros),
    'database CPU µs': own.some((it) => it.databaseMicros !== null)
      ? middle((it) => it.databaseMicros ?? 0)
      : null,
    'p50 ms': middle((it) => it.p50Ms),
    'added p50 ms': toBase((it, other) => it.p50Ms - other.p50Ms),
    'p99 ms': middle((it) => it.p99Ms),
    'added p99 ms': toBase((it, other) => it.p99Ms - other.p99Ms),
    [`p99 ÷ ${base}`]: toBase((it, other) => it.p99Ms / other.p99Ms),
  }
}
