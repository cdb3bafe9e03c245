import { type Clock, within } from '../config/clock.ts'
import { counted } from '../config/counted.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import type { Delivery } from '../flowglad/delivery.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { RestoredLedger } from '../flowglad/restoredLedger.ts'
import type { Sync } from '../flowglad/sync.ts'
import { createProbe } from '../ledger/createProbe.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The response body of `/readyz`. */
export interface Health {
  /**
   * `unavailable` means that the ledger can't be used. If only Flowglad fails, metering continues with the
   * ledger's data, so the status is `degraded`.
   */
  status: 'ok' | 'degraded' | 'unavailable'
  reasons: string[]
  /** The number of usage events that Flowglad hasn't acknowledged, excluding parked events. */
  waiting: number
  /** The number of parked usage events (events that Flowglad rejected). */
  parked: number
  /**
   * How far the ledger's clock is behind the latest time in the ledger. 0 unless the clock has stepped
   * backward.
   */
  skewMs: number
}

export interface HealthParts {
  ledger: Pick<Ledger, 'execute' | 'health'>
  restored: Pick<RestoredLedger, 'isRecovering'>
  sync: Pick<Sync, 'isUnavailable'>
  delivery: Pick<Delivery, 'isUnavailable'>
  catalog: { peek(): Catalog | null | undefined }
  flowglad: Pick<FlowgladClient, 'settingsProblem'>
  options: Pick<BillingOptions, 'outboxLagMs'>
  clock: Clock
}

const probeTimeoutMs = 2_000
/** The smallest backward step that is reported. Smaller steps are part of normal time synchronization. */
const reportedSkewMs = 1_000

/**
 * Creates the readiness check for this process. Concurrent calls share one check, so frequent calls cost
 * little.
 */
export function createHealth({
  ledger,
  restored,
  sync,
  delivery,
  catalog,
  flowglad,
  options,
  clock,
}: HealthParts) {
  const probe = createProbe(ledger)
  let checking: Promise<Health> | null = null

  async function check(): Promise<Health> {
    try {
      // Read and write. While the database is unreachable, the read fails immediately, with the reason, but
      // the write waits.
      const answers = await within(clock, probeTimeoutMs, Promise.all([ledger.health(), probe()]), null)
      if (!answers) throw new Error('its database isn’t responding')
      const [{ waiting, oldestWaitingMs, parked, skewMs }] = answers
      const reasons: string[] = []
      const settingsProblem = flowglad.settingsProblem()
      if (settingsProblem) reasons.push(settingsProblem)
      else if (sync.isUnavailable() || delivery.isUnavailable()) reasons.push('Flowglad is unavailable')
      if (oldestWaitingMs > options.outboxLagMs) {
        const seconds = Math.round(oldestWaitingMs / 1_000)
        reasons.push(
          `${counted(waiting, 'usage event')} can’t be delivered yet. The oldest has waited ${seconds} s.`,
        )
      }
      if (restored.isRecovering) {
        reasons.push(
          'The ledger was restored from a backup. Until its lost usage is recovered from Flowglad, no usage is delivered.',
        )
      }
      if (parked > 0)
        reasons.push(`Flowglad rejected ${counted(parked, 'usage event')}. For a list, run "metered parked".`)
      if (skewMs >= reportedSkewMs) {
        const seconds = Math.round(skewMs / 1_000)
        reasons.push(
          `The ledger’s clock has stepped backward: it is ${seconds} s behind the latest time in the ledger. Check the machine’s time synchronization.`,
        )
      }
      reasons.push(...(catalog.peek()?.problems.values() ?? []))
      return { status: reasons.length > 0 ? 'degraded' : 'ok', reasons, waiting, parked, skewMs }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const reasons = [`The ledger is unusable: ${reason}`]
      return { status: 'unavailable', reasons, waiting: 0, parked: 0, skewMs: 0 }
    }
  }

  return () => {
    checking ??= check().finally(() => {
      checking = null
    })
    return checking
  }
}
