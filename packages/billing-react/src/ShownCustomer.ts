import { type BalancesAnswer, startRead, wasSentSince } from '@metered/billing/client'
import type { QueryClient } from '@tanstack/react-query'

/**
 * How the page handles a response from the server.
 * - `show`: the response is for the customer that the page shows.
 * - `follow`: the session's customer has changed, so the page switches to the response's customer.
 * - `drop`: the page shows no customer, or the request was sent before the page showed the current customer.
 * - `reject`: no response has been for the shown customer yet, or the response is for a customer that the page
 *   has just left.
 */
export type Verdict = 'show' | 'follow' | 'drop' | 'reject'

/**
 * How long a page must wait before it can switch back to a customer that it has left. Without this pause, the
 * page would switch back and forth if the app's requests belonged to different sessions.
 */
const noReturnMs = 5_000

/**
 * The customer whose data a page shows. The page starts with the provider's customer, and switches when a response
 * is for another customer, for example because the user has switched to another organization in another tab.
 */
export class ShownCustomer {
  #given: string | null | undefined
  #customer: string | null = null
  #since = 0
  #confirmed = false
  readonly #leftAt = new Map<string, number>()
  readonly #listeners = new Set<() => void>()

  /** Returns the customer to show, given the provider's customer. */
  readonly of = (given: string | null): string | null => (given === this.#given ? this.#customer : given)

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Shows the provider's customer if it has changed. */
  give(given: string | null): void {
    if (given === this.#given) return
    this.#given = given
    if (given === this.#customer) return
    this.#leftAt.clear()
    this.#show(given)
  }

  /** Records that a response was for the shown customer. */
  confirm(): void {
    this.#confirmed = true
  }

  /**
   * Decides how to handle a response. A query's response is never late, because changing the customer cancels
   * all queries.
   */
  judge(answer: BalancesAnswer, from: 'query' | 'elsewhere'): Verdict {
    if (answer.customer === this.#customer) return 'show'
    if (this.#customer === null) return 'drop'
    if (from === 'elsewhere' && !wasSentSince(answer, this.#since)) return 'drop'
    const leftAt = this.#leftAt.get(answer.customer)
    const hasJustLeft = leftAt !== undefined && Date.now() - leftAt < noReturnMs
    return this.#confirmed && !hasJustLeft ? 'follow' : 'reject'
  }

  /** Switches to the customer of the latest response. */
  follow(customer: string): void {
    if (this.#customer !== null) this.#leftAt.set(this.#customer, Date.now())
    this.#show(customer)
    this.#confirmed = true
    for (const listener of this.#listeners) listener()
  }

  #show(customer: string | null) {
    this.#customer = customer
    this.#since = startRead()
    this.#confirmed = false
  }
}

const shownCustomers = new WeakMap<QueryClient, ShownCustomer>()

/** Returns the `ShownCustomer` of the page that uses this cache. */
export function shownIn(queryClient: QueryClient): ShownCustomer {
  const shown = shownCustomers.get(queryClient) ?? new ShownCustomer()
  shownCustomers.set(queryClient, shown)
  return shown
}
