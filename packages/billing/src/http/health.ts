import { randomInt } from 'node:crypto'
import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { createCatalogCache } from '../flowglad/catalog.ts'
import type { Delivery } from '../flowglad/delivery.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** What `/readyz` answers. */
export interface Health {
  /** `unavailable` only when the ledger is: everything else works on from what it knows. */
  status: 'ok' | 'degraded' | 'unavailable'
  reasons: string[]
  /** Usage events not yet at Flowglad. */
  waiting: number
  /** Usage events that Flowglad does not take. */
  parked: number
}

export const createHealth = ({
  ledger,
  sync,
  delivery,
  catalog,
  options,
  clock,
}: {
  ledger: Ledger
  sync: Sync
  delivery: Delivery
  catalog: ReturnType<typeof createCatalogCache>
  options: BillingOptions
  clock: Clock
}) => {
  let probing: Promise<unknown> | null = null
  let looking: Promise<Health> | null = null

  // A row of this node's own: behind another's lock it would wait for a node that is stuck, and so declare itself unusable too. Few enough to stay for ever.
  const customer = `health ${randomInt(65_536)}`

  /** Reading may work where writing does not (a full disk, a closing process): this takes the way of every call, and it always writes. */
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

  async function look(): Promise<Health> {
    try {
      if (!(await within(clock, 2_000, probe(), null))) throw new Error('it does not answer')
      const { waiting, oldestWaitingMs, parked } = await ledger.health()
      const reasons = [
        ...(sync.isAway() || delivery.isAway() ? ['Flowglad does not answer'] : []),
        ...(oldestWaitingMs > options.outboxLagMs
          ? [
              `${waiting} usage events wait for delivery, the oldest for ${Math.round(oldestWaitingMs / 1000)} s`,
            ]
          : []),
        ...(parked > 0 ? [`${parked} usage events are parked: Flowglad does not take them`] : []),
        ...(catalog.peek()?.problems ?? []),
      ]
      return { status: reasons.length > 0 ? 'degraded' : 'ok', reasons, waiting, parked }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { status: 'unavailable', reasons: [`The ledger is unusable: ${reason}`], waiting: 0, parked: 0 }
    }
  }

  /** Whoever asks while it is being looked at gets the same answer: anybody may ask, and as often as they like. */
  return () => {
    looking ??= look().finally(() => {
      looking = null
    })
    return looking
  }
}
