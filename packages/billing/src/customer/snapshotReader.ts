import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import type { Sync } from '../flowglad/sync.ts'
import { onLedger } from '../ledger/onLedger.ts'
import type { CustomerLedger, UsableBalances } from './usableBalances.ts'

interface Parts {
  ledger: Pick<CustomerLedger, 'balances'>
  sync: Pick<Sync, 'fetch' | 'fetchUnderWay' | 'refreshInBackground'>
  clock: Clock
  options: Pick<BillingOptions, 'decisionMs' | 'snapshotMaxAgeMs' | 'snapshotMaxStaleMs'>
}

/** Reads a customer's snapshot and keeps it fresh. Waits at most `decisionMs` for Flowglad. */
export class SnapshotReader {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  read(customer: KnownCustomer): Promise<UsableBalances> {
    return onLedger(this.#parts.ledger.balances(customer.id))
  }

  /** Fetches the snapshot, with priority over background refreshes. */
  async fetch(customer: KnownCustomer): Promise<void> {
    const { sync } = this.#parts
    await this.#within(sync.fetch(customer, { urgent: true, forced: false }))
  }

  /** Returns the snapshot. Waits for Flowglad only if there is no usable snapshot. */
  async current(customer: KnownCustomer): Promise<UsableBalances> {
    const known = await this.read(customer)
    if (this.isUsable(known)) {
      this.refreshIfOld(customer, known)
      return known
    }
    const underWay = this.#parts.sync.fetchUnderWay(customer.id)
    await (underWay ? this.#within(underWay) : this.fetch(customer))
    return this.read(customer)
  }

  /** Returns whether a snapshot exists and is recent enough to use. */
  isUsable({ snapshot }: UsableBalances): boolean {
    return snapshot !== null && snapshot.ageMs <= this.#parts.options.snapshotMaxStaleMs
  }

  /** Refreshes an old snapshot in the background. */
  refreshIfOld(customer: KnownCustomer, { snapshot }: UsableBalances): void {
    const { sync, options } = this.#parts
    if (snapshot && (snapshot.outdated || snapshot.ageMs > options.snapshotMaxAgeMs)) {
      sync.refreshInBackground(customer)
    }
  }

  #within(fetching: Promise<unknown>): Promise<unknown> {
    const { clock, options } = this.#parts
    return within(clock, options.decisionMs, fetching, null)
  }
}
