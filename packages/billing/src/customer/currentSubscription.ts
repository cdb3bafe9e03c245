import { type Clock, sleep } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import { customerArchived, PlanChangeError, unavailable } from '../contract/errors.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { Snapshot } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'

export type Subscription = NonNullable<Snapshot['subscription']>

/**
 * A subscription. `isPastDue` is true while a renewal is unpaid, even if the subscription's status doesn't
 * show it.
 */
export type CurrentPlan = Subscription & { isPastDue: boolean }

/** The longest time that a throttled customer waits for a fetch. */
const maxThrottleWaitMs = 3_000

/** Reads a customer's current subscription from Flowglad. A plan change must not rely on an old snapshot. */
export class CurrentSubscription {
  readonly #ledger: Pick<Ledger, 'balances'>
  readonly #sync: Pick<Sync, 'fetch' | 'isArchived'>
  readonly #clock: Clock
  readonly #fetchEveryMs: number

  constructor({
    ledger,
    sync,
    clock,
    fetchEveryMs,
  }: {
    ledger: Pick<Ledger, 'balances'>
    sync: Pick<Sync, 'fetch' | 'isArchived'>
    clock: Clock
    /** How long a throttled customer waits for the next fetch. */
    fetchEveryMs: number
  }) {
    this.#ledger = ledger
    this.#sync = sync
    this.#clock = clock
    this.#fetchEveryMs = fetchEveryMs
  }

  /**
   * Returns the subscription, or null if there is none. Each call counts against the customer's fetch limit,
   * even if no plan change follows. If the customer is throttled, waits for the next fetch instead of
   * rejecting immediately. Rejects with `BILLING_UNAVAILABLE` if Flowglad doesn't respond, and with
   * `CUSTOMER_ARCHIVED` if Flowglad has archived the customer.
   */
  async get(customer: Customer): Promise<CurrentPlan | null> {
    const fetch = () => this.#sync.fetch(customer, { urgent: true, forced: false })
    let outcome = await fetch()
    for (
      let waitedMs = this.#fetchEveryMs;
      outcome.state === 'throttled' && waitedMs <= maxThrottleWaitMs;
      waitedMs += this.#fetchEveryMs
    ) {
      await sleep(this.#clock, this.#fetchEveryMs)
      outcome = await fetch()
    }
    if (outcome.state !== 'installed') throw unavailable(2_000)
    if (this.#sync.isArchived(customer.id)) throw customerArchived()
    return this.#read(customer)
  }

  /** Returns the subscription. Rejects with a `PlanChangeError` if there is no subscription. */
  async require(customer: Customer): Promise<CurrentPlan> {
    const subscription = await this.get(customer)
    if (!subscription) throw new PlanChangeError('You have no plan to change. Choose a plan first.')
    return subscription
  }

  /**
   * Fetches and returns the subscription after a change, even if the customer is throttled. Returns null if
   * the subscription can't be read now.
   */
  async look(customer: Customer): Promise<Subscription | null> {
    const { state } = await this.#sync.fetch(customer, { urgent: true, forced: true })
    return state === 'installed' ? this.#read(customer).catch(() => null) : null
  }

  async #read(customer: Customer): Promise<CurrentPlan | null> {
    const { snapshot } = await this.#ledger.balances(customer.id)
    return snapshot?.subscription ? { ...snapshot.subscription, isPastDue: snapshot.pastDue !== null } : null
  }
}
