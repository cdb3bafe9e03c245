import { type Clock, sleep, systemClock } from './config/clock.ts'
import { type Logger, silent } from './config/logger.ts'
import { type BillingOptions, defaultOptions } from './config/options.ts'
import type { Customer, KnownCustomer } from './contract/customer.ts'
import type { MeterOf, Meters } from './contract/meters.ts'
import { type Accounts, createAccounts } from './customer/accounts.ts'
import { createPlans } from './customer/plans.ts'
import { createLive } from './customer/watch.ts'
import { createCatalogCache } from './flowglad/catalog.ts'
import { Delivery } from './flowglad/delivery.ts'
import { EventSender } from './flowglad/eventSender.ts'
import { createFlowgladClient, type FlowgladSettings } from './flowglad/flowgladClient.ts'
import { createLeases } from './flowglad/leases.ts'
import { RetryPolicy } from './flowglad/retryPolicy.ts'
import { SnapshotFetcher } from './flowglad/snapshotFetcher.ts'
import { Sync } from './flowglad/sync.ts'
import { createHandler } from './http/createHandler.ts'
import { createHealth } from './http/health.ts'
import type { Ledger } from './ledger/ledger.ts'
import { createHolds } from './metering/holds.ts'
import { createRunMetered, type MeterCall, type MeterRun } from './metering/runMetered.ts'
import type { Service } from './service.ts'
import { createTrpc } from './trpc/createTrpc.ts'

/** What `createBilling` takes. */
export interface BillingSetup<M extends Meters, Ctx extends object> {
  /** From `defineMeters`. */
  meters: M
  /** `sqliteLedger(file)` or `postgresLedger(pool)`; `close` closes it. */
  ledger: Ledger
  flowglad: FlowgladSettings
  /** Who pays for a call, out of the context of your protected procedures; its parameter's type says what that context must have. */
  customer: (ctx: Ctx) => Customer
  /** Where the app lives, for the ways back from checkout. */
  publicUrl: string
  /** Where denials point people to. Default `/pricing`. */
  upgradeUrl?: string
  /** Paths that checkout returns to. Default `/?checkout=success` and `/pricing?checkout=cancelled`. */
  returnPaths?: { success: string; cancelled: string }
  options?: Partial<BillingOptions>
  /** pino, or anything like it. Default: silence. */
  logger?: Logger
  clock?: Clock
}

/** What `createBilling` gives: `Billing<typeof meters, { user: User }>` where an app passes it on. */
export type Billing<M extends Meters = Meters, Ctx extends object = object> = ReturnType<
  typeof createBilling<M, Ctx>
>

/** Puts meters, ledger and Flowglad together. Call `start()` once the process is ready to work, `close()` before it ends. */
export function createBilling<const M extends Meters, Ctx extends object>(setup: BillingSetup<M, Ctx>) {
  const { meters, ledger, publicUrl, upgradeUrl = '/pricing', logger = silent, clock = systemClock } = setup
  const options: BillingOptions = { ...defaultOptions, ...setup.options }
  const returnPaths = setup.returnPaths ?? {
    success: '/?checkout=success',
    cancelled: '/pricing?checkout=cancelled',
  }
  const flowglad = createFlowgladClient(setup.flowglad, options.flowgladDeadlineMs)

  const live = createLive({ ledger, clock, pollMs: options.livePollMs, logger })
  const ending = new AbortController()
  const stopping = ending.signal
  const leases = createLeases({ ledger, clock, leaseMs: options.leaseMs })
  const retries = new RetryPolicy({ options, clock })
  const sender = new EventSender({ ledger, flowglad, retries, logger, stopping })
  const unlimitedBy = Object.fromEntries(
    Object.entries(meters).flatMap(([meter, policy]) =>
      policy.unlimitedBy === undefined ? [] : [[meter, policy.unlimitedBy]],
    ),
  )
  const fetcher = new SnapshotFetcher({ ledger, flowglad, sender, clock, unlimitedBy })
  const sync = new Sync({ leases, fetcher, clock, options, logger, stopping })
  const delivery = new Delivery({ ledger, leases, sender, retries, clock, options, logger, stopping })
  const catalog = createCatalogCache({ flowglad, meters, clock, maxAgeMs: options.catalogMaxAgeMs })
  const holds = createHolds({ ledger, sync, meters, clock, options, upgradeUrl, logger })
  const accounts: Accounts = createAccounts({ ledger, sync, catalog, meters, clock, options, upgradeUrl })
  const { fetchEveryMs } = options
  const plans = createPlans({ ledger, flowglad, sync, catalog, clock, fetchEveryMs, publicUrl, returnPaths })
  const health = createHealth({ ledger, sync, delivery, catalog, options, clock })

  const loops: Promise<void>[] = []
  let started = false

  async function expire(customer: string) {
    await ledger.execute({ type: 'expire', customer })
  }

  async function sweep() {
    while (!stopping.aborted) {
      try {
        const due = await ledger.customersWithDueHolds(1_000)
        // Together, in few batches; and whoever's holds cannot be ended keeps nobody else's.
        const ended = await Promise.allSettled(due.map(expire))
        const failed = ended.filter((end) => end.status === 'rejected')
        if (failed.length > 0) {
          logger.error({ customers: failed.length, error: String(failed[0]?.reason) }, 'ending holds failed')
        }
        while (!stopping.aborted && (await ledger.prune())) await sleep(clock, 50, stopping)
      } catch (error) {
        logger.error({ error: String(error) }, 'sweeping failed')
      }
      await sleep(clock, options.sweepMs, stopping)
    }
  }

  const service: Service = { meters, options, upgradeUrl, clock, holds, accounts, plans, live }
  const runMetered = createRunMetered(service)
  const meter: <T>(call: MeterCall<MeterOf<M>>, work: (run: MeterRun) => Promise<T> | T) => Promise<T> =
    runMetered
  const { webhookSecret } = setup.flowglad
  const handle = createHandler({
    meters,
    ledger,
    sync,
    catalog,
    accounts,
    plans,
    meter: runMetered,
    health,
    webhookSecret,
    clock,
    options,
  })

  return {
    meters,
    /** What a tRPC app needs; see `createTrpc`. */
    trpc: createTrpc<M, Ctx>(service, setup.customer),
    /** Runs work that is not a tRPC procedure: reserves, runs, charges on success and gives the units back on failure. */
    meter,

    /** Balances and plan as the ledger knows them; fetched first when it knows nothing. */
    balances: accounts.balances,
    /** Balances after a look at Flowglad's books, waiting for at most `options.decisionMs`. */
    refresh: accounts.refresh,
    /** Balances now and whenever they change, from any call on any node, until the signal aborts. */
    watch: (customer: KnownCustomer, signal?: AbortSignal) =>
      live.watch(customer.id, () => accounts.read(customer), signal),
    /** Throws a `BillingError` when the customer's plan lacks the toggle feature. */
    requireFeature: accounts.requireFeature,

    /**
     * Answers the HTTP routes of billing: Flowglad's webhook, the routes for `@flowglad/react`, `/healthz` and `/readyz`. Resolves to null
     * for any other path. `billingRoutes` (Fastify) and the two `billingHandler` (Node, fetch) mount it.
     */
    handle,

    /** Whether this process can work, and what it would rather tell somebody. */
    health,
    /** Usage events that Flowglad does not take, for an operator to look at. */
    parked: (limit = 100) => ledger.parked(limit),
    /** Gives a usage event up: it is never sent again, and its units come back with the next snapshot. */
    async drop({ customer, attempt, meter: slug }: { customer: string; attempt: string; meter: MeterOf<M> }) {
      await ledger.execute({ type: 'drop', customer, events: [{ attempt, meter: slug }] })
      await sync.fetch({ id: customer }, { urgent: false, forced: true })
    },

    /** Delivers usage now. True when nothing is left to deliver. */
    drain: () => delivery.drain(),

    /**
     * Starts delivery and sweeping. Rejects when Flowglad answers that a meter cannot be metered, and can be tried again then; Flowglad away is no reason
     * not to start.
     */
    async start() {
      const known = await catalog.get().catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'Flowglad is away: starting with what the ledger knows')
        return null
      })
      if (known && known.problems.length > 0) throw new Error(known.problems.join('; '))
      if (started) return
      started = true
      loops.push(delivery.run(), sweep())
    },

    /**
     * Takes no new work, lets calls that came before begin and end within the grace period, and closes the ledger. Unfinished holds are left to expire; what
     * waits for delivery waits for the next start.
     */
    async close() {
      live.close()
      await holds.close(options.shutdownGraceMs)
      ending.abort()
      await Promise.all([...loops, sync.idle()])
      await ledger.close()
    },

    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}
