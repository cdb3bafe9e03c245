import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Meters } from '../contract/meters.ts'
import type { PlanBudget } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { createCatalogCache } from './catalog.ts'
import { Delivery } from './delivery.ts'
import { EventSender } from './eventSender.ts'
import { createFlowgladClient, type FlowgladSettings } from './flowgladClient.ts'
import { createLeases } from './leases.ts'
import { RestoredLedger } from './restoredLedger.ts'
import { RetryPolicy } from './retryPolicy.ts'
import { SnapshotFetcher } from './snapshotFetcher.ts'
import { Sync } from './sync.ts'

/** Creates the parts that fetch snapshots from Flowglad and deliver usage, but doesn't start them. */
export function connectFlowglad(
  settings: FlowgladSettings,
  {
    ledger,
    meters,
    planBudgets,
    wallClock,
    clock,
    options,
    logger,
    stopping,
  }: {
    ledger: Ledger
    meters: Meters
    planBudgets: (priceSlug: string | null) => PlanBudget[]
    /** The system's clock, to compare with Flowglad's times. This clock can step forward and backward. */
    wallClock: Clock
    /** A clock that never steps backward. */
    clock: Clock
    options: BillingOptions
    logger: Logger
    stopping: AbortSignal
  },
) {
  const flowglad = createFlowgladClient(settings, { deadlineMs: options.flowgladDeadlineMs, logger })
  const leases = createLeases({ ledger, clock, leaseMs: options.leaseMs })
  const retries = new RetryPolicy({ options, clock })
  const sender = new EventSender({ ledger, flowglad, retries, logger, stopping })
  const fetcher = new SnapshotFetcher({
    ledger,
    flowglad,
    sender,
    clock: wallClock,
    meters,
    planBudgets,
    logger,
  })
  const restored = new RestoredLedger({ ledger, flowglad, clock, options, logger, stopping })
  const sync = new Sync({ leases, fetcher, clock, options, logger, stopping })
  const delivery = new Delivery({
    ledger,
    leases,
    sender,
    retries,
    clock,
    options,
    logger,
    restored,
    stopping,
  })
  const catalog = createCatalogCache({ flowglad, meters, clock, maxAgeMs: options.catalogMaxAgeMs })
  return { flowglad, leases, restored, sync, delivery, catalog }
}
