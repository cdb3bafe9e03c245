import { type Clock, systemClock } from './config/clock.ts'
import { type Logger, silent } from './config/logger.ts'
import { type BillingOptions, defaultOptions } from './config/options.ts'
import type { Customer, KnownCustomer } from './contract/customer.ts'
import type { MeterOf, Meters } from './contract/meters.ts'
import { createAccounts } from './customer/accounts.ts'
import { createPlans } from './customer/plans.ts'
import { Watchers } from './customer/watchers.ts'
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
import { LedgerUnavailableError } from './ledger/errors.ts'
import type { Ledger } from './ledger/ledger.ts'
import { createMeterWork, type MeterCall, type MeterRun } from './metering/meterWork.ts'
import { Operation } from './metering/operation.ts'
import { Reservations } from './metering/reservations.ts'
import { runSweeper } from './metering/sweeper.ts'
import { WorkInFlight } from './metering/workInFlight.ts'
import { createTrpc } from './trpc/createTrpc.ts'

/** The settings of `createBilling`. */
export interface BillingSetup<M extends Meters, Ctx extends object> {
  /** The result of `defineMeters`. */
  meters: M
  /** `sqliteLedger(file)` or `postgresLedger(url)`. `close()` also closes the ledger. */
  ledger: Ledger
  flowglad: FlowgladSettings
  /**
   * Returns the customer who pays for a call. Receives the context of your protected procedures. In the
   * parameter's type, declare the fields that the function reads.
   */
  customer: (ctx: Ctx) => Customer
  /** The app's public URL. Checkouts return to it. */
  publicUrl: string
  /** The page that denials link to. Default: `/pricing`. */
  upgradeUrl?: string
  /** The paths that checkouts return to. Default: `/?checkout=success` and `/pricing?checkout=cancelled`. */
  returnPaths?: { success: string; cancelled: string }
  /** Default: `defaultOptions`. */
  options?: Partial<BillingOptions>
  /** pino, or a logger with the same methods. Default: no logs. */
  logger?: Logger
  /** The clock. Replace it in tests that move time. Default: the system clock. */
  clock?: Clock
}

/** The result of `createBilling`, for example `Billing<typeof meters, { user: User }>`. */
export type Billing<M extends Meters = Meters, Ctx extends object = object> = ReturnType<
  typeof createBilling<M, Ctx>
>

/**
 * Connects meters, ledger and Flowglad. Call `start()` when the process is ready to work, and `close()` before
 * the process exits.
 *
 * ```ts
 * const billing = createBilling({ meters, ledger: sqliteLedger('billing.db'), flowglad: { secretKey }, customer, publicUrl })
 * ```
 */
export function createBilling<const M extends Meters, Ctx extends object>(setup: BillingSetup<M, Ctx>) {
  const { meters, ledger, publicUrl, upgradeUrl = '/pricing', logger = silent, clock = systemClock } = setup
  const options: BillingOptions = { ...defaultOptions, ...setup.options }
  const returnPaths = setup.returnPaths ?? {
    success: '/?checkout=success',
    cancelled: '/pricing?checkout=cancelled',
  }
  const closing = new AbortController()
  const stopping = closing.signal

  // The parts that fetch snapshots from Flowglad and deliver usage.
  const flowglad = createFlowgladClient(setup.flowglad, options.flowgladDeadlineMs)
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

  // The metered operation and its callers.
  const inFlight = new WorkInFlight()
  const reservations = new Reservations(
    { ledger, clock, meters, options, logger, inFlight },
    { sync, upgradeUrl },
  )
  const operation = new Operation({ reservations, clock, resultMaxBytes: options.resultMaxBytes })
  const meterWork = createMeterWork(operation)
  const meter: <T>(call: MeterCall<MeterOf<M>>, work: (run: MeterRun) => Promise<T> | T) => Promise<T> =
    meterWork

  // The data that customers see and change.
  const watchers = new Watchers({ ledger, clock, pollMs: options.livePollMs, logger })
  const accounts = createAccounts({ ledger, sync, catalog, meters, clock, options, upgradeUrl })
  const { fetchEveryMs } = options
  const plans = createPlans({ ledger, flowglad, sync, catalog, clock, fetchEveryMs, publicUrl, returnPaths })
  const health = createHealth({ ledger, sync, delivery, catalog, options, clock })

  const loops: Promise<void>[] = []
  let started = false

  const { webhookSecret } = setup.flowglad
  const handle = createHandler({
    meters,
    ledger,
    sync,
    catalog,
    accounts,
    plans,
    meter: meterWork,
    health,
    webhookSecret,
    clock,
    options,
  })

  return {
    meters,
    /** The adapter for a tRPC app: `metered`, `meteredProcedure`, the billing router, and the error formatter. */
    trpc: createTrpc<M, Ctx>(
      { meters, options, clock, logger, operation, accounts, plans, watchers },
      setup.customer,
    ),
    /**
     * Meters work that runs outside tRPC: reserves the units, runs the work, charges on success, and returns
     * the units on failure. Also meters streams.
     */
    meter,

    /**
     * Returns the balances and the plan from the ledger. Fetches first if the customer has no usable
     * snapshot.
     */
    balances: accounts.balances,
    /** Fetches from Flowglad, and returns the balances after at most `options.decisionMs`. */
    refresh: accounts.refresh,
    /** Yields the balances now and after each change on any node. Ends when the signal aborts. */
    watch: (customer: KnownCustomer, signal?: AbortSignal) =>
      watchers.watch(customer.id, () => accounts.read(customer), signal),
    /** Throws a `BillingError` unless the customer's plan has the toggle feature. */
    requireFeature: accounts.requireFeature,

    /**
     * Answers billing's HTTP routes: Flowglad's webhook, the routes for `@flowglad/react`, `/healthz` and
     * `/readyz`. Resolves to null for any other path. `billingRoutes` (Fastify) and `billingHandler` (Node,
     * fetch) mount this handler.
     */
    handle,

    /** Returns the health of this process, and any problems that need an operator's attention. */
    health,
    /** Lists the usage events that Flowglad keeps rejecting, so that an operator can drop them. */
    parked: (limit = 100) => ledger.parked(limit),
    /**
     * Drops a usage event, so that it is never sent again. The next snapshot makes its units available again.
     */
    async drop({ customer, attempt, meter: slug }: { customer: string; attempt: string; meter: MeterOf<M> }) {
      await ledger.execute({ type: 'drop', customer, events: [{ attempt, meter: slug }] })
      await sync.fetch({ id: customer }, { urgent: false, forced: true })
    },

    /** Delivers usage immediately. Resolves to true if no usage is left to deliver. */
    drain: () => delivery.drain(),

    /**
     * Starts delivery and the sweeper, even while Flowglad is unavailable. Rejects if the ledger can't be opened,
     * or if Flowglad's pricing model makes a meter unusable. After a rejection, you can call `start()` again.
     */
    async start() {
      // An unreachable ledger can recover. A wrong setup, such as a missing driver or folder, can't.
      const failure = await ledger.health().catch((error: unknown) => error)
      if (failure instanceof LedgerUnavailableError && failure.reason === 'cannotOpen') throw failure
      const known = await catalog.get().catch((error: unknown) => {
        logger.warn(
          { error: String(error) },
          'Flowglad does not answer. Starting with the data in the ledger',
        )
        return null
      })
      if (known && known.problems.length > 0) throw new Error(known.problems.join('; '))
      if (started) return
      started = true
      loops.push(delivery.run(), runSweeper({ ledger, clock, logger, sweepMs: options.sweepMs, stopping }))
    },

    /**
     * Stops accepting work, waits up to `options.shutdownGraceMs` for running work, and closes the ledger.
     * Unfinished holds expire. Undelivered usage is delivered after the next start.
     */
    async close() {
      watchers.close()
      await inFlight.close({ graceMs: options.shutdownGraceMs, clock, logger })
      closing.abort()
      await Promise.all([...loops, sync.idle()])
      await ledger.close()
    },

    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}
