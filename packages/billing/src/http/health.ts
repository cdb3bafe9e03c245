import { randomInt } from 'node:crypto'
import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import type { Delivery } from '../flowglad/delivery.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The body of `/readyz`. */
export interface Health {
  /** `unavailable` only if the ledger is: everything else keeps working from the ledger's data. */
  status: 'ok' | 'degraded' | 'unavailable'
  reasons: string[]
  /** Usage events that Flowglad hasn't acknowledged, excluding parked ones. */
  waiting: number
  /** Usage events that Flowglad rejects. */
  parked: number
}

export interface HealthParts {
  ledger: Pick<Ledger, 'execute' | 'health'>
  sync: Pick<Sync, 'isUnavailable'>
  delivery: Pick<Delivery, 'isUnavailable'>
  catalog: { peek(): Catalog | null | undefined }
  options: Pick<BillingOptions, 'outboxLagMs'>
  clock: Clock
}

const probeTimeoutMs = 2_000

/**
 * Returns a function that checks whether this process can work. Concurrent calls share one check, so frequent
 * callers cost nothing.
 */
export function createHealth({ ledger, sync, delivery, catalog, options, clock }: HealthParts) {
  let probing: Promise<unknown> | null = null
  let checking: Promise<Health> | null = null

  // Each node probes its own row. On a shared row, a stuck node's lock would make the other nodes look
  // unusable. There are at most 65,536 such rows, so they need no pruning.
  const customer = `health ${randomInt(65_536)}`

  /**
   * Writes through the ledger, as every call does. Reads may work where writes don't: on a full disk, or in a
   * closing process.
   */
  const probe = () => {
    probing ??= ledger
      .execute({
        type: 'takeLease',
        customer,
        token: 'health',
        purpose: 'fetch',
        leaseMs: 1,
        maxEvents: 0,
        extend: false,
      })
      .finally(() => {
        probing = null
      })
    return probing
  }

  async function check(): Promise<Health> {
    try {
      if (!(await within(clock, probeTimeoutMs, probe(), null))) throw new Error('it does not answer')
      const { waiting, oldestWaitingMs, parked } = await ledger.health()
      const reasons: string[] = []
      if (sync.isUnavailable() || delivery.isUnavailable()) reasons.push('Flowglad does not answer')
      if (oldestWaitingMs > options.outboxLagMs) {
        const seconds = Math.round(oldestWaitingMs / 1_000)
        reasons.push(`${waiting} usage events wait for delivery, the oldest for ${seconds} s`)
      }
      if (parked > 0) reasons.push(`Flowglad rejects ${parked} usage events, so they are parked`)
      reasons.push(...(catalog.peek()?.problems ?? []))
      return { status: reasons.length > 0 ? 'degraded' : 'ok', reasons, waiting, parked }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { status: 'unavailable', reasons: [`The ledger is unusable: ${reason}`], waiting: 0, parked: 0 }
    }
  }

  return () => {
    checking ??= check().finally(() => {
      checking = null
    })
    return checking
  }
}
