import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Customer } from '../contract/customer.ts'
import { unavailable } from '../contract/errors.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { withLedgerBalances } from './withLedgerBalances.ts'

export interface FlowgladBillingParts {
  ledger: Pick<Ledger, 'balances'>
  sync: Pick<Sync, 'fetch' | 'lastBilling'>
  clock: Clock
  options: Pick<BillingOptions, 'decisionMs' | 'snapshotMaxAgeMs'>
}

/**
 * Returns a customer's billing as Flowglad reports it, with the ledger's balances. It is no older than the
 * snapshot.
 */
export const createFlowgladBilling =
  ({ ledger, sync, clock, options }: FlowgladBillingParts) =>
  async (customer: Customer) => {
    const { snapshot, balances } = await ledger.balances(customer.id)
    const last = sync.lastBilling(customer.id, options.snapshotMaxAgeMs)
    const known = last ? withLedgerBalances(last, balances) : null
    if (known && known.currentId === (snapshot?.subscription?.id ?? null)) return known.billing
    // A page waits no longer than a metered call; the fetch continues.
    await within(clock, options.decisionMs, sync.fetch(customer, { urgent: false, forced: false }), null)
    const fetched = sync.lastBilling(customer.id, Number.POSITIVE_INFINITY)
    if (!fetched) throw unavailable(2_000)
    return withLedgerBalances(fetched, (await ledger.balances(customer.id)).balances).billing
  }
