import { type Clock, sleep, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { BalancesAnswer, RefreshedBalances } from '../contract/balances.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import { BillingError, unavailable } from '../contract/errors.ts'
import type { Meters } from '../contract/meters.ts'
import type { createCatalogCache } from '../flowglad/catalog.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { CustomerBalances, Ledger } from '../ledger/ledger.ts'
import { onLedger } from '../ledger/onLedger.ts'
import { balanceRows } from './balanceRows.ts'

export type Accounts = ReturnType<typeof createAccounts>

/** What customers have: balances and features, as the ledger knows them, fetched when it does not. */
export function createAccounts({
  ledger,
  sync,
  catalog,
  meters,
  clock,
  options,
  upgradeUrl,
}: {
  ledger: Ledger
  sync: Sync
  catalog: ReturnType<typeof createCatalogCache>
  meters: Meters
  clock: Clock
  options: BillingOptions
  upgradeUrl: string
}) {
  const rows = ({ id }: KnownCustomer, read: CustomerBalances) =>
    balanceRows(id, read, meters, (slug) => catalog.peek()?.meters.get(slug)?.name ?? slug)

  const known = (customer: KnownCustomer) => onLedger(ledger.balances(customer.id))

  /** Only for names: without it rows show slugs. */
  const namesOfMeters = () => within(clock, options.decisionMs, catalog.get(), null).catch(() => null)

  /** Waits for Flowglad, but not for ever. */
  const fetchNow = (customer: KnownCustomer, forced: boolean) =>
    within(clock, options.decisionMs, sync.fetch(customer, { urgent: true, forced }), null)

  /** Too old to go by is as good as not known. */
  const isKnown = ({ snapshot }: CustomerBalances) =>
    snapshot !== null && snapshot.ageMs <= options.snapshotMaxStaleMs

  /** Without anybody waiting. */
  function refreshWhenOld(customer: KnownCustomer, { snapshot }: CustomerBalances) {
    if (snapshot?.periodOver || (snapshot && snapshot.ageMs > options.snapshotMaxAgeMs))
      sync.refreshBehind(customer)
  }

  /** Without waiting for Flowglad, unless nothing is known. */
  async function current(customer: KnownCustomer): Promise<CustomerBalances> {
    const read = await known(customer)
    if (isKnown(read)) {
      refreshWhenOld(customer, read)
      return read
    }
    const underWay = sync.underWay(customer.id)
    if (underWay) await within(clock, options.decisionMs, underWay, null)
    else await fetchNow(customer, false)
    return known(customer)
  }

  /**
   * Looks at the books once they are older than an arrival may find them, unless somebody else did since. After a deploy every page arrives at once:
   * those for whom there is no room come again later, each at its own time.
   */
  async function lookAgain(customer: KnownCustomer, inMs: number, signal: AbortSignal | undefined) {
    const arrivedAt = clock.now()
    let waitMs = Math.max(0, inMs)
    for (let pauseMs = 1_000; ; pauseMs = Math.min(pauseMs * 2, 10_000)) {
      await sleep(clock, waitMs, signal)
      if (signal?.aborted) return
      const { snapshot } = await ledger.balances(customer.id)
      if (snapshot && snapshot.ageMs < clock.now() - arrivedAt) return
      const look = sync.fetchIfRoom(customer)
      if (look) return look
      waitMs = pauseMs * (0.5 + Math.random())
    }
  }

  return {
    /** As written right now. */
    async read(customer: KnownCustomer): Promise<BalancesAnswer> {
      return rows(customer, await known(customer))
    },

    /** As `read`; fetches first when nothing is known, behind the answer when it is old. */
    async balances(customer: KnownCustomer): Promise<BalancesAnswer> {
      const [read] = await Promise.all([current(customer), namesOfMeters()])
      return rows(customer, read)
    },

    /**
     * As `balances`, for somebody who opens a page and listens until the signal aborts: what happened at Flowglad by itself, a renewal for one, was told
     * to nobody, so the books are looked at again behind the answer, within the customer's share of fetches. Pages opened in quick succession share a look,
     * which comes when the newest books are no longer new.
     */
    async arrival(customer: KnownCustomer, signal: AbortSignal | undefined): Promise<BalancesAnswer> {
      const [read] = await Promise.all([current(customer), namesOfMeters()])
      if (read.snapshot)
        lookAgain(customer, options.arrivalMaxAgeMs - read.snapshot.ageMs, signal).catch(() => {}) // the next arrival looks again
      return rows(customer, read)
    },

    /** Looks at Flowglad's books now; when asked too often, or when Flowglad is slow, answers what is known. */
    async refresh(customer: KnownCustomer): Promise<RefreshedBalances> {
      await fetchNow(customer, false)
      const read = await known(customer)
      return { ...rows(customer, read), ageMs: read.snapshot?.ageMs ?? null }
    },

    /** Resolves when the customer's plan has the toggle feature; otherwise refuses, after a fresh look. */
    async requireFeature(customer: KnownCustomer, feature: string): Promise<void> {
      const has = ({ snapshot }: CustomerBalances) =>
        snapshot?.subscription?.features.includes(feature) ?? false
      const before = await known(customer)
      if (isKnown(before) && has(before)) {
        refreshWhenOld(customer, before)
        const { periodOver = false, periodChecked = false } = before.snapshot ?? {}
        if (!periodOver || periodChecked) return
        // The feature may have ended with its period. While Flowglad cannot tell, what was known goes on.
        await sync.fetchNewPeriod(customer)
      } else {
        await fetchNow(customer, false)
      }
      const after = await known(customer)
      if (!isKnown(after) || !after.snapshot) throw unavailable(1_000)
      if (has(after)) return
      if (!after.snapshot.subscription) {
        throw new BillingError({ code: 'NO_SUBSCRIPTION', upgradeUrl }, 'There is no current subscription.')
      }
      throw new BillingError(
        { code: 'FEATURE_NOT_INCLUDED', feature, upgradeUrl },
        `The plan does not include ${feature}.`,
      )
    },

    charges: ledger.charges,
    usage: ledger.usage,
  }
}
