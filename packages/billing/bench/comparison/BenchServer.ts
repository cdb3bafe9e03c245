import type { TRPCClient } from '@trpc/client'
import type { FlowgladAddress } from '../app/usualApp.ts'
import { chunks } from '../app/work.ts'
import type { Books } from '../books/audit.ts'
import { deliveredUnits } from '../books/deliveredUnits.ts'
import type { LoadResult, LoadShape } from '../load/closedLoop.ts'
import type { LoadControl } from '../processes/loadProcess.ts'
import type { Variant } from '../processes/openVariant.ts'
import type { ServerControl } from '../processes/serverProcess.ts'
import { sum } from '../statistics.ts'

/** How the calls reach the server, and which procedure they call. */
export interface CallKind {
  transport: 'HTTP' | 'in process'
  procedure: 'ping' | 'stream'
  /** Whether each call has its own key. */
  keyed: boolean
}

/** The figures of one round. */
export interface Figures {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** The server's CPU time per call, including delivery. */
  cpuMicros: number
  /** The database's CPU time per call. Null if there is no database server, or if the system has no `/proc`. */
  databaseMicros: number | null
}

interface Parts {
  variant: Variant
  prefix: string
  /** The ledger's file or connection string. */
  address: string
  server: TRPCClient<ServerControl>
  load: TRPCClient<LoadControl>
  flowglad: FlowgladAddress
  databaseCpu: () => Promise<number | null>
}

/**
 * Controls a server process that runs one variant. Counts the units of its successful calls, so that the
 * server's books can be audited.
 */
export class BenchServer {
  readonly variant: Variant
  readonly address: string
  readonly client: TRPCClient<ServerControl>
  readonly #parts: Parts
  readonly #units = new Map<string, number>()
  #knownUrl: string | null = null
  #calls = 0
  #failures = 0
  #firstFailure: string | null = null

  constructor(parts: Parts) {
    this.#parts = parts
    this.variant = parts.variant
    this.address = parts.address
    this.client = parts.server
  }

  /**
   * Calls the server, and counts the successful calls. If the number of customers stays the same and no call fails,
   * each run continues with the customer after the previous run's last customer.
   */
  async load(given: LoadShape, kind: CallKind): Promise<LoadResult> {
    const shape = { ...given, first: this.#calls % given.customers }
    const { prefix, server, load } = this.#parts
    const { transport, ...target } = kind
    const result =
      transport === 'HTTP'
        ? await load.run.mutate({ shape, prefix, target: { url: await this.#url(), ...target } })
        : await server.run.mutate(shape)
    const units = kind.procedure === 'stream' ? chunks : 1
    for (const [customer, calls] of result.answered.entries()) {
      const name = `${prefix}-${customer}`
      if (calls > 0) this.#units.set(name, (this.#units.get(name) ?? 0) + calls * units)
    }
    this.#calls += sum(result.answered)
    this.#failures += result.failures
    this.#firstFailure ??= result.firstFailure
    return result
  }

  /** Requests the URL from the server only once, because each request would add to a round's CPU time. */
  async #url(): Promise<string> {
    this.#knownUrl ??= await this.#parts.server.url.query()
    return this.#knownUrl
  }

  /** Measures one round. A round ends when all of its usage has been delivered. */
  async measure(shape: LoadShape, kind: CallKind): Promise<Figures> {
    const { server, databaseCpu } = this.#parts
    const cpuBefore = await server.cpuMicros.query()
    const databaseBefore = await databaseCpu()
    const { answered, perSecond, p50Ms, p99Ms } = await this.load(shape, kind)
    await server.drain.mutate()
    const calls = sum(answered)
    const cpuMicros = ((await server.cpuMicros.query()) - cpuBefore) / calls
    const databaseAfter = await databaseCpu()
    const databaseMicros =
      databaseAfter === null || databaseBefore === null ? null : (databaseAfter - databaseBefore) / calls
    return { perSecond, p50Ms, p99Ms, cpuMicros, databaseMicros }
  }

  /** Delivers all usage, and returns the books of all customers with successful calls. */
  async books(): Promise<Books> {
    const { variant, server, flowglad } = this.#parts
    await server.drain.mutate()
    const names = [...this.#units.keys()]
    const booked = new Map((await server.books.mutate(names))?.map((it) => [it.customer, it]))
    const isDelivered = variant !== 'unmetered'
    const customers = []
    for (const [customer, answered] of this.#units) {
      const { booked: units = null, held = 0 } = booked.get(customer) ?? {}
      const delivered = isDelivered ? await deliveredUnits(flowglad, customer) : null
      customers.push({ customer, answered, booked: units, held, delivered })
    }
    const health = await server.health.query()
    return {
      server: variant,
      customers,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      calls: this.#calls,
      runs: await server.runs.query(),
      waiting: health?.waiting ?? 0,
      parked: health?.parked ?? 0,
    }
  }
}
