import type { BillingSetup } from './billingSetup.ts'
import { assertNodeVersion } from './config/assertNodeVersion.ts'
import { assertSettings } from './config/assertSettings.ts'
import { systemClock } from './config/clock.ts'
import { consoleLogger } from './config/logger.ts'
import { assertNotNextBuild, isNextBuild } from './config/nextBuild.ts'
import { type BillingOptions, defaultOptions } from './config/options.ts'
import { redactingLogger } from './config/redactingLogger.ts'
import { steadyClock } from './config/steadyClock.ts'
import { allTrustedOrigins } from './config/trustedOrigins.ts'
import type { CustomerAlert } from './contract/alerts.ts'
import type { Customer, KnownCustomer } from './contract/customer.ts'
import type { DimensionOf, MeterOf, Meters } from './contract/meters.ts'
import type { Alerts } from './customer/alerts.ts'
import type { Budgets } from './customer/budgets.ts'
import { defaultReturnPaths } from './customer/checkout.ts'
import { createCustomerServices } from './customer/createCustomerServices.ts'
import { planBudgetsOf } from './customer/planBudgets.ts'
import { connectFlowglad } from './flowglad/connectFlowglad.ts'
import type { Caller } from './http/caller.ts'
import { createHandler } from './http/createHandler.ts'
import { createHealth } from './http/health.ts'
import { assertTrustedOrigin } from './http/refusal.ts'
import type { RequestSource } from './http/requestSource.ts'
import { measureCommands } from './ledger/measureCommands.ts'
import { onLedger } from './ledger/onLedger.ts'
import { reportOutages } from './ledger/reportOutages.ts'
import { BackgroundLoops } from './lifecycle/backgroundLoops.ts'
import { Instance } from './lifecycle/instance.ts'
import { ledgerForCalls, restoreCheckForCalls } from './lifecycle/ledgerForCalls.ts'
import { Lifecycle } from './lifecycle/lifecycle.ts'
import { SetupCheck } from './lifecycle/setupCheck.ts'
import { createMetering } from './metering/createMetering.ts'
import { DenialCounts } from './metering/denialCounts.ts'
import type { MeterCall, MeterRun } from './metering/meterWork.ts'
import { pastDueTerms } from './metering/pastDueTerms.ts'
import { runSweeper } from './metering/sweeper.ts'
import { WorkInFlight } from './metering/workInFlight.ts'
import { createOperator } from './operator/createOperator.ts'
import { SessionChecks } from './sessions/sessionChecks.ts'
import type { SessionSource } from './sessions/sessionSource.ts'
import { createTrpc } from './trpc/createTrpc.ts'

/** The result of `createBilling`, for example `Billing<typeof meters, { user: User }>`. */
export type Billing<M extends Meters = Meters, Ctx extends object = object> = ReturnType<
  typeof createBilling<M, Ctx>
>

/**
 * Creates a billing instance, which connects the meters, the ledger and Flowglad. Delivery and the sweeper
 * start on the first call. Call `start()` to start them earlier and to check the setup. Call `close()` before
 * the process exits. Throws a `TypeError` if a setting is missing or invalid.
 *
 * ```ts
 * const billing = createBilling({ meters, ledger: sqliteLedger('billing.db'), flowglad: { secretKey }, customer })
 * ```
 */
export function createBilling<const M extends Meters, Ctx extends object>(setup: BillingSetup<M, Ctx>) {
  assertNodeVersion()
  // During a build, settings from the environment can be missing, so don't check them.
  if (!isNextBuild()) assertSettings(setup)
  const { meters, publicUrl, upgradeUrl = '/pricing', clock = systemClock } = setup
  const logger = redactingLogger(setup.logger ?? consoleLogger)
  const trustedOrigins = allTrustedOrigins(setup)
  const pastDue = pastDueTerms(setup.pastDue, setup.billingUrl ?? '/billing')
  const steady = steadyClock(clock)
  const options: BillingOptions = { ...defaultOptions, ...setup.options }
  const closing = new AbortController()

  // The shared ledger. A call that uses `callLedger` starts delivery and the sweeper.
  const instance = new Instance({ key: setup.instance ?? setup.ledger.address, ledger: setup.ledger })
  const ledger = measureCommands(reportOutages(instance.ledger, logger))
  const callLedger = ledgerForCalls(ledger, () => lifecycle.onCall())

  const exchange = {
    ledger,
    meters,
    planBudgets: planBudgetsOf(meters, setup.planBudgets),
    wallClock: clock,
    clock: steady,
    options,
    logger,
    stopping: closing.signal,
  }
  const { flowglad, leases, restored, sync, delivery, catalog } = connectFlowglad(setup.flowglad, exchange)
  const denialCounts = new DenialCounts({ ledger, clock: steady, logger })

  const inFlight = new WorkInFlight()
  const { operation, legSettings, meterWork } = createMetering(
    {
      ledger: callLedger,
      clock: steady,
      meters,
      options,
      logger,
      inFlight,
      restored: restoreCheckForCalls(restored, () => lifecycle.onCall()),
    },
    { sync, catalog, denialCounts, wallClock: clock, upgradeUrl, pastDue },
  )
  const meter: <T, Meter extends MeterOf<M>>(
    call: MeterCall<Meter, DimensionOf<M, Meter>>,
    work: (run: MeterRun) => Promise<T> | T,
  ) => Promise<T> = meterWork

  const { shownLedger, accounts, watchers, plans, budgets, alerts, alertDelivery } = createCustomerServices({
    ...exchange,
    callLedger,
    flowglad,
    leases,
    sync,
    catalog,
    pastDue,
    upgradeUrl,
    publicUrl,
    returnPaths: setup.returnPaths ?? defaultReturnPaths,
    // The ledger's types don't know the app's meters.
    onAlert: setup.onAlert as ((alert: CustomerAlert) => unknown) | undefined,
  })
  const sessions = new SessionChecks({
    // These casts are safe, because the router's types ensure that each context is a `Ctx`.
    customerOf: (ctx) => setup.customer(ctx as Ctx),
    source: setup.session as SessionSource<object> | undefined,
    clock: steady,
    options,
    logger,
  })
  const operator = createOperator({
    ledger,
    async run(work) {
      assertNotNextBuild()
      return onLedger(work())
    },
    // Fetch a snapshot, because the customer gets the units back only when a new snapshot is installed.
    onDrop: (id) => sync.fetch({ id }, { urgent: false, forced: true }),
  })
  const health = createHealth({ ledger, restored, sync, delivery, catalog, flowglad, options, clock })

  const loops = new BackgroundLoops((until) =>
    Promise.all([
      delivery.run(until),
      restored.run(until),
      alertDelivery.run(until),
      runSweeper({ ledger, clock, logger, sweepMs: options.sweepMs, stopping: until }),
    ]),
  )
  const lifecycle = new Lifecycle({
    instance,
    loops,
    check: new SetupCheck({ ledger, catalog, flowglad, logger, plans: Object.keys(setup.planBudgets ?? {}) }),
    autoStart: setup.autoStart ?? true,
  })

  const handle = createHandler({
    meters,
    ledger: shownLedger,
    sync,
    catalog,
    accounts,
    plans,
    meter: meterWork,
    denialCounts,
    health,
    webhookSecret: setup.flowglad.webhookSecret,
    trustedOrigins,
    clock,
    options,
  })

  return {
    meters,
    /** The adapter for tRPC: `metered`, `meteredProcedure`, the billing router and the error formatter. */
    trpc: createTrpc<M, Ctx>(
      {
        meters,
        options,
        clock,
        logger,
        operation,
        accounts,
        plans,
        budgets,
        alerts,
        watchers,
        sessions,
        legSettings,
        denialCounts,
        trustedOrigins,
      },
      setup,
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
    /**
     * Yields the balances now and after each change on any node. Ends when the signal aborts. Throws
     * `STREAM_REPLACED` if a newer stream replaces this one (see `options.maxStreamsPerCustomer`). All
     * streams of a customer yield the same object, so don't modify it.
     */
    async *watch({ id }: KnownCustomer, signal?: AbortSignal) {
      try {
        yield* watchers.watch(id, signal)
      } catch (error) {
        denialCounts.note({ customer: id, procedure: 'watch' }, error)
        throw error
      }
    },
    /** Lists, sets and removes a customer's budgets, which limit usage in addition to the plan. */
    budgets: budgets as Budgets<MeterOf<M>, DimensionOf<M>>,
    /** Lists a customer's alerts, and yields new ones. */
    alerts: alerts as Alerts<MeterOf<M>>,
    /** Throws a `BillingError` unless the customer's plan has the toggle feature. */
    requireFeature: (customer: KnownCustomer, feature: string): Promise<void> =>
      denialCounts.during({ customer: customer.id, procedure: 'requireFeature' }, () =>
        accounts.requireFeature(customer, feature),
      ),

    /**
     * Handles billing's HTTP routes: Flowglad's webhook, the routes for `@flowglad/react`, `/healthz` and
     * `/readyz`. Resolves to null for any other path. `billingRoutes` (Fastify) and `billingHandler` (Node,
     * fetch) mount this handler.
     */
    async handle(request: Request, caller: Caller): Promise<Response | null> {
      lifecycle.onCall()
      return handle(request, caller)
    },

    /**
     * Throws a `BillingError` with `FOREIGN_ORIGIN` if a page on a foreign origin sent the request. Call this
     * function in your own routes that change state. Metering and billing's own routes are already protected.
     */
    assertTrustedOrigin: (request: RequestSource) => assertTrustedOrigin(request, trustedOrigins),

    /** Returns the health of this process, and any problems that need an operator's attention. */
    async health() {
      assertNotNextBuild()
      return health()
    },
    /**
     * Reads the ledger for operators and makes their changes: adjusts a balance, refunds a charge, releases a
     * hold, retries or drops a parked event. The ledger records the operator, the reason, and the state
     * before and after.
     */
    operator,

    /**
     * Recreates a customer that Flowglad has archived and whose calls are denied with `CUSTOMER_ARCHIVED`.
     * The customer gets the default plan and its credits. Does nothing if the customer exists.
     */
    async recreateCustomer(customer: Customer) {
      assertNotNextBuild()
      await sync.recreate(customer)
    },

    /** Delivers usage and alerts immediately. Resolves to true if no usage is left to deliver. */
    async drain() {
      assertNotNextBuild()
      const [isEmpty] = await Promise.all([delivery.drain(), alertDelivery.drain()])
      return isEmpty
    },

    /**
     * Starts delivery and the sweeper, even while Flowglad is unavailable. Calling `start()` is optional,
     * because the first call also starts delivery and the sweeper, unless `autoStart` is false. Rejects if
     * the ledger can't be opened, if `flowglad.secretKey` or `flowglad.baseUrl` is wrong, or if Flowglad's
     * pricing model makes a meter unusable. After a rejection, you can call `start()` again.
     */
    start: () => lifecycle.start(),

    /**
     * Stops accepting work, waits up to `options.shutdownGraceMs` for running work, and closes the ledger
     * unless a newer instance uses it. The holds of unfinished work expire. Undelivered usage is delivered
     * after the next start.
     */
    async close() {
      lifecycle.close()
      watchers.close()
      sessions.close()
      await inFlight.close({ graceMs: options.shutdownGraceMs, clock: steady, logger })
      closing.abort()
      await Promise.all([lifecycle.stopLoops(), sync.idle(), denialCounts.close()])
      await instance.closeLedger()
    },

    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}
