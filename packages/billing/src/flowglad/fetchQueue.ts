import type { Logger } from '../config/logger.ts'
import { traced } from '../config/tracing.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import { createGate, type Waiter } from './gate.ts'
import type { Lease, Leases } from './leases.ts'

export type FetchResult = { state: 'installed' } | { state: 'failed'; error: unknown }

interface Fetch extends Waiter {
  /**
   * Whether this fetch has noted the acknowledged usage. From then on, a new caller can't share this fetch and
   * needs another one.
   */
  noted: boolean
}

/** One customer's fetches. At most one fetch runs at a time, and at most one more waits for it. */
interface Slot {
  running: (Fetch & { result: Promise<FetchResult> }) | null
  next: (Waiter & { result: Promise<FetchResult> }) | null
}

/** Runs fetches: at most one per customer and at most `maxFetches` on this node. Urgent fetches go first. */
export class FetchQueue {
  readonly #leases: Leases
  readonly #fetch: (customer: KnownCustomer, lease: Lease) => Promise<void>
  readonly #maxFetches: number
  readonly #leaseWaitMs: number
  readonly #logger: Logger
  readonly #stopping: AbortSignal
  readonly #gate: ReturnType<typeof createGate>
  readonly #slots = new Map<string, Slot>()
  #running = 0

  constructor(parts: {
    leases: Leases
    /** Fetches and installs a snapshot under the customer's lease. */
    fetch: (customer: KnownCustomer, lease: Lease) => Promise<void>
    maxFetches: number
    /** How long a fetch waits for its customer's lease before it fails. */
    leaseWaitMs: number
    logger: Logger
    /** When this signal aborts, fetches that haven't started their requests yet fail. */
    stopping: AbortSignal
  }) {
    this.#leases = parts.leases
    this.#fetch = parts.fetch
    this.#maxFetches = parts.maxFetches
    this.#leaseWaitMs = parts.leaseWaitMs
    this.#logger = parts.logger
    this.#stopping = parts.stopping
    this.#gate = createGate(parts.maxFetches)
  }

  /**
   * Whether another fetch would start without waiting. Check this before adding a fetch that can be
   * postponed, because a waiting fetch delays its customer's delivery.
   */
  get hasRoom(): boolean {
    return this.#running < this.#maxFetches
  }

  isRunning(customer: string): boolean {
    return Boolean(this.#slots.get(customer)?.running)
  }

  /**
   * Returns the result of a running fetch that can no longer be joined, or null if there is no such fetch.
   */
  begun(customer: string): Promise<FetchResult> | null {
    const running = this.#slots.get(customer)?.running
    return running?.noted ? running.result : null
  }

  /**
   * Joins a fetch that has not yet noted which usage is acknowledged. Makes the fetch urgent if `urgent` is
   * set. Returns null if there is no such fetch.
   */
  join(customer: string, urgent: boolean): Promise<FetchResult> | null {
    const slot = this.#slots.get(customer)
    const fetch = slot?.running?.noted === false ? slot.running : slot?.next
    if (!fetch) return null
    fetch.urgent ||= urgent
    return fetch.result
  }

  /**
   * Adds a fetch that starts once the customer's running fetch, if any, has ended. Call this only if there is
   * no fetch to join.
   */
  add(customer: KnownCustomer, urgent: boolean): Promise<FetchResult> {
    const slot = this.#slots.get(customer.id) ?? { running: null, next: null }
    this.#slots.set(customer.id, slot)
    if (!slot.running) return this.#start(customer, slot, urgent)
    const waiter: Waiter = { urgent }
    const result = slot.running.result.then(() => this.#start(customer, slot, waiter.urgent))
    slot.next = Object.assign(waiter, { result })
    return result
  }

  /** Resolves when no fetch is running or waiting. No fetch then holds a lease. */
  async idle(): Promise<void> {
    while (this.#slots.size > 0) {
      const slots = [...this.#slots.values()]
      await Promise.all(slots.flatMap(({ running, next }) => [running?.result, next?.result]))
    }
  }

  #start(customer: KnownCustomer, slot: Slot, urgent: boolean): Promise<FetchResult> {
    this.#running++
    const fetch: Fetch = { urgent, noted: false }
    const result = this.#run(customer, fetch).finally(() => {
      this.#running--
      slot.running = null
      if (!slot.next) this.#slots.delete(customer.id)
    })
    slot.running = Object.assign(fetch, { result })
    slot.next = null
    return result
  }

  async #run(customer: KnownCustomer, fetch: Fetch): Promise<FetchResult> {
    const { id } = customer
    try {
      const lease = await this.#leases.takeForFetch(id, this.#leaseWaitMs)
      if (!lease) throw new Error("The customer's lease is taken")
      try {
        // Take the lease before entering the gate. A fetch that waits for its lease must not delay other
        // customers' fetches.
        await this.#gate.enter(fetch, () =>
          traced(
            'billing.fetch',
            () => ({}),
            async () => {
              if (this.#stopping.aborted) throw new Error('This node is stopping')
              fetch.noted = true
              await this.#fetch(customer, lease)
            },
          ),
        )
      } finally {
        await lease.leave()
      }
      return { state: 'installed' }
    } catch (error) {
      if (!isOutage(error))
        this.#logger.warn({ customer: id, error: String(error) }, 'fetching a snapshot failed')
      return { state: 'failed', error }
    }
  }
}
