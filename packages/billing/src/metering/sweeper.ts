import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import { recordsMetrics, setGauge } from '../config/metrics.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isOutage } from '../ledger/reportOutages.ts'

/**
 * Expires holds that are past their expiry time, prunes old rows, and records the ledger's health as metrics.
 * Repeats every `sweepMs` until `stopping` is aborted. Pauses don't keep the process running.
 */
export async function runSweeper({
  ledger,
  clock,
  logger,
  sweepMs,
  stopping,
}: {
  ledger: Ledger
  clock: Clock
  logger: Logger
  sweepMs: number
  stopping: AbortSignal
}): Promise<void> {
  const pause = (ms: number) => sleep(clock, ms, stopping, { keepAlive: false })
  while (!stopping.aborted) {
    try {
      await expireDueHolds()
      if (recordsMetrics()) await measureHealth()
      while (!stopping.aborted && (await ledger.prune())) await pause(50)
    } catch (error) {
      if (!isOutage(error)) logger.error({ error: String(error) }, 'sweeping failed and will be retried')
    }
    await pause(sweepMs)
  }

  async function measureHealth() {
    const { waiting, oldestWaitingMs, parked, skewMs } = await ledger.health()
    setGauge('waiting', waiting)
    setGauge('lag', oldestWaitingMs / 1000)
    setGauge('parked', parked)
    setGauge('skew', skewMs / 1000)
  }

  /**
   * Expires the due holds of up to 1,000 customers. Queues all commands at once, so that they share batches. A
   * failure for one customer doesn't affect the other customers.
   */
  async function expireDueHolds() {
    const customers = await ledger.customersWithDueHolds(1_000)
    const outcomes = await Promise.allSettled(
      customers.map((customer) => ledger.execute({ type: 'expire', customer })),
    )
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    if (failed.length === 0) return
    const [first] = failed
    if (isOutage(first?.reason)) return
    logger.error({ customers: failed.length, error: String(first?.reason) }, 'expiring holds failed')
  }
}
