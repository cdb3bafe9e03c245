import { type Clock, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import { RecentMap } from '../config/recentMap.ts'
import type { Customer, KnownCustomer } from '../contract/customer.ts'
import { unavailable } from '../contract/errors.ts'
import { FetchQueue, type FetchResult } from './fetchQueue.ts'
import type { Leases } from './leases.ts'
import type { SnapshotFetcher } from './snapshotFetcher.ts'
import { Throttle } from './throttle.ts'

export type FetchOutcome =
  | FetchResult
  /** The customer has caused too many fetches recently. */
  | { state: 'throttled' }

/**
 * The earliest times at which `refreshInBackground` and `fetchNewPeriod` can fetch again for a customer.
 * `staleRefreshes` is the number of background refreshes since the last reset.
 */
interface RefreshPauses {
  staleRefreshes: number
  noRefreshBefore: number
  noPeriodFetchBefore: number
}

const rememberedCustomers = 10_000
/** The number of customers whose last answer is kept. Answers are large, so this number is low. */
const rememberedAnswers = 500
const firstRefreshPauseMs = 1_000

/**
 * Keeps snapshots current. Decides whether a caller starts a new fetch, joins an existing fetch, or uses the
 * existing snapshot.
 */
export class Sync {
  readonly #queue: FetchQueue
  readonly #fetcher: SnapshotFetcher
  readonly #throttle: Throttle
  readonly #clock: Clock
  readonly #options: BillingOptions
  readonly #pauses = new RecentMap<string, RefreshPauses>(rememberedCustomers)
  readonly #answers = new RecentMap<string, { billing: unknown; at: number }>(rememberedAnswers)

  constructor(parts: {
    leases: Leases
    fetcher: SnapshotFetcher
    clock: Clock
    options: BillingOptions
    logger: Logger
    /** When this signal aborts, fetches that haven't started their requests yet fail. */
    stopping: AbortSignal
  }) {
    const { leases, fetcher, clock, options, logger, stopping } = parts
    this.#fetcher = fetcher
    this.#clock = clock
    this.#options = options
    this.#throttle = new Throttle({ burst: options.fetchBurst, everyMs: options.fetchEveryMs, clock })
    this.#queue = new FetchQueue({
      leases,
      fetch: async (customer, lease) => {
        const billing = await fetcher.fetch(customer, lease)
        this.#answers.set(customer.id, { billing, at: clock.now() })
      },
      maxFetches: options.maxFetches,
      leaseWaitMs: options.flowgladDeadlineMs,
      logger,
      stopping,
    })
  }

  /**
   * Fetches the customer's snapshot. The returned fetch notes the acknowledged usage after this call, so the
   * caller may deny work based on the result. Joins an existing fetch that hasn't noted the acknowledged
   * usage yet. If `urgent` is set, that fetch becomes urgent. A new fetch takes a token from the customer's
   * bucket, unless `forced` is set.
   */
  fetch(
    customer: KnownCustomer,
    { urgent, forced }: { urgent: boolean; forced: boolean },
  ): Promise<FetchOutcome> {
    const joined = this.#queue.join(customer.id, urgent)
    if (joined) return joined
    if (!forced && !this.#throttle.take(customer.id)) return Promise.resolve({ state: 'throttled' })
    return this.#queue.add(customer, urgent)
  }

  /**
   * Fetches the snapshot for a caller that can try again later. Returns null if the node is at its fetch
   * limit.
   */
  fetchIfRoom(customer: KnownCustomer): Promise<FetchOutcome> | null {
    return this.#queue.hasRoom ? this.fetch(customer, { urgent: false, forced: false }) : null
  }

  /**
   * Returns the result of a fetch that began before this call, or null if no such fetch is running. The
   * caller must not deny work based on this result, but can use the result for a customer without a snapshot.
   * To join a fetch that has not reached Flowglad yet, call `fetch`.
   */
  fetchUnderWay(customer: string): Promise<FetchOutcome> | null {
    return this.#queue.begun(customer)
  }

  /**
   * Fetches the new period's snapshot before a decision. Takes no token from the customer's bucket. Returns
   * null if the fetch takes longer than `decisionMs`. After a fetch that doesn't succeed in time, returns
   * `throttled` for `snapshotMaxAgeMs`, so that an outage doesn't slow down every call.
   */
  async fetchNewPeriod(customer: KnownCustomer): Promise<FetchOutcome | null> {
    const pauses = this.#pausesOf(customer.id)
    if (this.#clock.now() < pauses.noPeriodFetchBefore) return { state: 'throttled' }
    const fetching = this.fetch(customer, { urgent: true, forced: true })
    const outcome = await within(this.#clock, this.#options.decisionMs, fetching, null)
    if (outcome?.state !== 'installed')
      pauses.noPeriodFetchBefore = this.#clock.now() + this.#options.snapshotMaxAgeMs
    return outcome
  }

  /**
   * Refreshes the customer's snapshot in the background. If the node is at its fetch limit, does nothing, and
   * the next call tries again. The pause between refreshes doubles each time, up to `snapshotMaxAgeMs`, until
   * `resetRefreshPauses` is called.
   */
  refreshInBackground(customer: KnownCustomer): void {
    const pauses = this.#pausesOf(customer.id)
    const now = this.#clock.now()
    if (this.#queue.isRunning(customer.id) || now < pauses.noRefreshBefore || !this.#queue.hasRoom) return
    const pauseMs = Math.min(firstRefreshPauseMs * 2 ** pauses.staleRefreshes, this.#options.snapshotMaxAgeMs)
    pauses.noRefreshBefore = now + pauseMs
    pauses.staleRefreshes++
    void this.fetch(customer, { urgent: false, forced: true })
  }

  /** Resets the pauses of `refreshInBackground`. Call this method when the snapshot is recent. */
  resetRefreshPauses(customer: string): void {
    const pauses = this.#pauses.peek(customer)
    if (pauses) pauses.staleRefreshes = 0
  }

  /**
   * Returns this node's last `GET billing` answer for the customer, or null if the answer is older than
   * `maxAgeMs`.
   */
  lastBilling(customer: string, maxAgeMs: number): unknown {
    const last = this.#answers.peek(customer)
    return last && this.#clock.now() - last.at <= maxAgeMs ? last.billing : null
  }

  /** Resolves when no fetch is running. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  /** Whether the last fetch on this node found that Flowglad has archived the customer. */
  isArchived(customer: string): boolean {
    return this.#fetcher.isArchived(customer)
  }

  /** Recreates an archived customer at Flowglad and fetches the new snapshot. */
  async recreate(customer: Customer): Promise<void> {
    await this.#fetcher.recreate(customer)
    const outcome = await this.fetch(customer, { urgent: true, forced: true })
    if (outcome.state !== 'installed') throw unavailable(1_000)
  }

  /** Whether this node's last fetch failed at Flowglad, and no request has succeeded since. */
  isUnavailable(): boolean {
    return this.#fetcher.isUnavailable
  }

  #pausesOf(customer: string): RefreshPauses {
    const known = this.#pauses.get(customer)
    if (known) return known
    const pauses: RefreshPauses = {
      staleRefreshes: 0,
      noRefreshBefore: Number.NEGATIVE_INFINITY,
      noPeriodFetchBefore: Number.NEGATIVE_INFINITY,
    }
    this.#pauses.set(customer, pauses)
    return pauses
  }
}
