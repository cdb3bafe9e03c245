import type { Clock } from '../../src/config/clock.ts'
import { silent } from '../../src/config/logger.ts'
import { type BillingOptions, defaultOptions } from '../../src/config/options.ts'
import { Delivery } from '../../src/flowglad/delivery.ts'
import { EventSender } from '../../src/flowglad/eventSender.ts'
import { createFlowgladClient, type FlowgladClient } from '../../src/flowglad/flowgladClient.ts'
import { createLeases } from '../../src/flowglad/leases.ts'
import type { RestoredLedger } from '../../src/flowglad/restoredLedger.ts'
import { RetryPolicy } from '../../src/flowglad/retryPolicy.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { testClock } from '../../src/testing/testClock.ts'

type Requests = Pick<FlowgladClient, 'createUsageEvent' | 'createUsageEvents' | 'newestUsageEvents'>

export type RestoreState = Pick<RestoredLedger, 'isRecovering' | 'tryCheck' | 'isStillReady'>

/**
 * Builds only the delivery, by default with an in-memory ledger and a test clock. `respond` simulates Flowglad: it
 * receives the events of a request, and resolves if Flowglad records them, or rejects if the request fails. Use
 * `startDelivery` for cases that would be slow with a real server, such as timeouts.
 */
export function startDelivery({
  ledger = sqliteLedger(':memory:'),
  clock = testClock(),
  options: changed = {},
  respond = async () => {},
  restored: given = {},
}: {
  ledger?: Ledger
  clock?: Clock
  options?: Partial<BillingOptions>
  respond?: (events: { transactionId: string }[]) => Promise<void>
  /** Replaces parts of the restore check's state. By default, the ledger has been checked and wasn't restored. */
  restored?: Partial<RestoreState>
}) {
  const restored: RestoreState = {
    isRecovering: false,
    tryCheck: async () => 'checked',
    isStillReady: async () => true,
    ...given,
  }
  const options = { ...defaultOptions, ...changed }
  const requests: Requests = {
    async createUsageEvents(usageEvents) {
      await respond(usageEvents)
      return { usageEvents }
    },
    async createUsageEvent(usageEvent) {
      await respond([usageEvent])
      return { usageEvent }
    },
    newestUsageEvents: async () => ({ data: [], nextCursor: null }),
  }
  const flowglad = {
    ...createFlowgladClient(
      { secretKey: 'unused' },
      { deadlineMs: options.flowgladDeadlineMs, logger: silent },
    ),
    ...requests,
  }
  const ending = new AbortController()
  const retries = new RetryPolicy({ options, clock })
  const common = { ledger, retries, logger: silent, stopping: ending.signal }
  const delivery = new Delivery({
    ...common,
    leases: createLeases({ ledger, clock, leaseMs: options.leaseMs }),
    sender: new EventSender({ ...common, flowglad }),
    clock,
    options,
    restored,
  })
  return {
    ledger,
    delivery,
    stopping: ending.signal,
    stop: () => ending.abort(),
    async [Symbol.asyncDispose]() {
      ending.abort()
      await ledger.close()
    },
  }
}
