import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Customer } from '../contract/customer.ts'
import { customerArchived, unavailable } from '../contract/errors.ts'
import type { CustomerLedger } from '../customer/usableBalances.ts'
import type { Sync } from '../flowglad/sync.ts'
import { withLedgerBalances } from './withLedgerBalances.ts'

export interface FlowgladBillingParts {
  ledger: Pick<CustomerLedger, 'balances'>
  sync: Pick<Sync, 'fetch' | 'isArchived' | 'lastBilling'>
  clock: Clock
  options: Pick<BillingOptions, 'decisionMs' | 'snapshotMaxAgeMs'>
}

/**
 * Creates the function that returns Flowglad's billing report on a customer, with the ledger's balances. The
 * report is reused for up to `snapshotMaxAgeMs` if it shows the same subscription as the snapshot.
 */
export const createFlowgladBilling =
  ({ ledger, sync, clock, options }: FlowgladBillingParts) =>
  async (customer: Customer) => {
    const usable = await ledger.balances(customer.id)
    const last = sync.lastBilling(customer.id, options.snapshotMaxAgeMs)
    const known = last ? withLedgerBalances(last, usable) : null
    if (known && known.currentId === (usable.snapshot?.subscription?.id ?? null)) return known.billing
    // Don't wait for Flowglad longer than a metered call would. A slower fetch continues in the background.
    await within(clock, options.decisionMs, sync.fetch(customer, { urgent: false, forced: false }), null)
    const fetched = sync.lastBilling(customer.id, Number.POSITIVE_INFINITY)
    if (sync.isArchived(customer.id)) throw customerArchived()
    if (!fetched) throw unavailable(2_000)
    return withLedgerBalances(fetched, await ledger.balances(customer.id)).billing
  }
