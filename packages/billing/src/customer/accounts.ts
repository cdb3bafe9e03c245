import { type Clock, sleep, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { BalancesAnswer, RefreshedBalances } from '../contract/balances.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import type { Meters } from '../contract/meters.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { UsageDays } from '../ledger/reads.ts'
import { balanceRows } from './balanceRows.ts'
import { metersBy } from './dimensionInput.ts'
import { createRequireFeature } from './requireFeature.ts'
import { SnapshotReader } from './snapshotReader.ts'
import type { CustomerLedger, UsableBalances } from './usableBalances.ts'

export type Accounts = ReturnType<typeof createAccounts>

/**
 * Creates the functions that read a customer's balances, features, usage and charges. The functions read the
 * ledger, and fetch from Flowglad if the ledger has no usable snapshot.
 */
export function createAccounts({
  ledger,
  sync,
  catalog,
  meters,
  clock,
  options,
  upgradeUrl,
}: {
  ledger: Pick<CustomerLedger, 'balances' | 'lastCommitted' | 'charges' | 'usage' | 'usageByValue'>
  sync: Sync
  catalog: { get(): Promise<Catalog>; peek(): Catalog | null }
  meters: Meters
  clock: Clock
  options: BillingOptions
  upgradeUrl: string
}) {
  const snapshots = new SnapshotReader({ ledger, sync, clock, options })

  const rows = ({ id }: KnownCustomer, balances: UsableBalances) =>
    balanceRows(id, balances, meters, (slug) => catalog.peek()?.meters.get(slug)?.name ?? slug)

  /** Loads the meters' names. Until the names are loaded, rows show slugs. */
  const loadNames = () => within(clock, options.decisionMs, catalog.get(), null).catch(() => null)

  async function current(customer: KnownCustomer): Promise<UsableBalances> {
    const [balances] = await Promise.all([snapshots.current(customer), loadNames()])
    return balances
  }

  /**
   * Refreshes the snapshot once it is `arrivalMaxAgeMs` old, unless another fetch has refreshed it since the
   * page opened. If the node is at its fetch limit, for example because all pages reconnect after a
   * deployment, tries again after a random delay.
   */
  async function refreshAfterArrival(
    customer: KnownCustomer,
    snapshotAgeMs: number,
    signal: AbortSignal | undefined,
  ) {
    const arrivedAt = clock.now()
    let waitMs = Math.max(0, options.arrivalMaxAgeMs - snapshotAgeMs)
    for (let pauseMs = 1_000; ; pauseMs = Math.min(pauseMs * 2, 10_000)) {
      await sleep(clock, waitMs, signal)
      if (signal?.aborted) return
      const { snapshot } = await ledger.balances(customer.id)
      if (snapshot && snapshot.ageMs < clock.now() - arrivedAt) return
      const fetching = sync.fetchIfRoom(customer)
      if (fetching) return fetching
      waitMs = pauseMs * (0.5 + Math.random())
    }
  }

  return {
    /**
     * Returns the balances after a call that started at `since` (`performance.now()`). Never fetches. Reads
     * the store only if this process has no balances from a commit after `since`, for example because the
     * call failed before it reached the ledger.
     */
    async afterCall(customer: KnownCustomer, since: number): Promise<BalancesAnswer> {
      return rows(customer, ledger.lastCommitted(customer.id, since) ?? (await snapshots.read(customer)))
    },

    /** Returns the balances in the ledger. Never fetches. */
    async read(customer: KnownCustomer): Promise<BalancesAnswer> {
      return rows(customer, await snapshots.read(customer))
    },

    /**
     * Returns the balances. Fetches first if there is no usable snapshot. Refreshes an old snapshot in the
     * background.
     */
    async balances(customer: KnownCustomer): Promise<BalancesAnswer> {
      return rows(customer, await current(customer))
    },

    /**
     * Returns the balances for a newly opened page. Refreshes the snapshot in the background, because changes
     * made at Flowglad, such as a renewal, reach the ledger only by polling. The refresh counts against the
     * customer's fetch limit. Pages that open in quick succession share one refresh. `signal` aborts when the
     * page closes.
     */
    async arrival(customer: KnownCustomer, signal: AbortSignal | undefined): Promise<BalancesAnswer> {
      const balances = await current(customer)
      if (balances.snapshot) {
        // If the refresh fails, the next page load tries again.
        refreshAfterArrival(customer, balances.snapshot.ageMs, signal).catch(() => {})
      }
      return rows(customer, balances)
    },

    /**
     * Fetches from Flowglad, then returns the balances. Returns the last known balances if Flowglad is slow
     * or the customer is throttled.
     */
    async refresh(customer: KnownCustomer): Promise<RefreshedBalances> {
      await snapshots.fetch(customer)
      const balances = await snapshots.read(customer)
      return { ...rows(customer, balances), ageMs: balances.snapshot?.ageMs ?? null }
    },

    requireFeature: createRequireFeature({ sync, snapshots, upgradeUrl }),
    charges: ledger.charges,
    usage: ledger.usage,
    /** Returns the usage of the meters that have the dimension, by day, meter and value. */
    usageByValue: (query: { customer: string; dimension: string } & UsageDays) =>
      ledger.usageByValue({ ...query, meters: metersBy(meters, query.dimension) }),
  }
}
