import { type BalancesAnswer, billingDenial, StreamOrder } from '@metered/billing/client'
import type { BillingClient } from './BillingClient.ts'

const firstRetryMs = 1_000
const longestRetryMs = 30_000
/** How often the balances are refetched after another page's stream has replaced this stream. */
const replacedRefetchMs = 30_000

interface BalancesStreamOptions<Meter extends string> {
  client: BillingClient<Meter>
  customer: string
  /** `isFirst` is true for the first balances on each connection. */
  onBalances: (answer: BalancesAnswer<Meter>, isFirst: boolean) => void
  /** Called with another customer's balances. */
  onOtherCustomer: (answer: BalancesAnswer<Meter>) => void
  /**
   * Called when the stream stops delivering balances. If another page's stream has replaced this stream, also
   * called every 30 s.
   */
  onInterrupted: () => void
}

/**
 * Streams one customer's balances, and reconnects until `close` is called. If the server ends the stream because
 * other pages have opened newer streams, the stream stays closed until `open` or `resume` is called. If the stream
 * reconnected, the pages would replace each other's streams endlessly.
 */
export class BalancesStream<Meter extends string> {
  readonly #options: BalancesStreamOptions<Meter>
  #subscription: { unsubscribe(): void } | null = null
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #refetchTimer: ReturnType<typeof setInterval> | undefined
  #isReplaced = false
  #retryMs = firstRetryMs
  #delivering = false
  #openedAt = 0

  constructor(options: BalancesStreamOptions<Meter>) {
    this.#options = options
  }

  /**
   * Whether balances have arrived over the current connection. False while the connection is open but silent.
   */
  get delivering(): boolean {
    return this.#delivering
  }

  open(): void {
    if (this.#subscription) return
    this.close()
    let isOpen = true
    this.#openedAt = Date.now()
    const order = new StreamOrder()
    const opened = this.#options.client.onBalances.subscribe(undefined, {
      onData: (answer) => {
        if (isOpen) this.#receive(order.read(answer))
      },
      onConnectionStateChange: ({ state }) => {
        if (state === 'connecting') order.connect()
        if (isOpen && state !== 'pending') this.#interrupt()
      },
      onError: (error) => isOpen && this.#fail(error),
      onComplete: () => isOpen && this.#reopen(),
    })
    this.#subscription = {
      unsubscribe() {
        isOpen = false
        opened.unsubscribe()
      },
    }
  }

  /**
   * Opens a new connection, because an open connection keeps the customer that it was opened for, even if the
   * session's customer changes. Does nothing if the stream isn't delivering or was opened less than `minAgeMs`
   * ago.
   */
  renew(minAgeMs: number): void {
    if (!this.#delivering || Date.now() - this.#openedAt < minAgeMs) return
    this.close()
    this.open()
  }

  /**
   * Reopens the stream if another page's stream has replaced it. Call this method when the user returns to the page.
   */
  resume(): void {
    if (this.#isReplaced) this.open()
  }

  close(): void {
    clearTimeout(this.#retryTimer)
    clearInterval(this.#refetchTimer)
    this.#isReplaced = false
    this.#subscription?.unsubscribe()
    this.#subscription = null
    this.#delivering = false
  }

  #receive(answer: BalancesAnswer<Meter>) {
    const { customer, onOtherCustomer } = this.#options
    if (answer.customer !== customer) return onOtherCustomer(answer)
    const isFirst = !this.#delivering
    this.#delivering = true
    this.#retryMs = firstRetryMs
    this.#options.onBalances(answer, isFirst)
  }

  #interrupt() {
    if (!this.#delivering) return
    this.#delivering = false
    this.#options.onInterrupted()
  }

  #fail(error: Error) {
    if (billingDenial(error)?.code !== 'STREAM_REPLACED') return this.#reopen()
    this.#interrupt()
    this.close()
    this.#isReplaced = true
    this.#refetchTimer = setInterval(this.#options.onInterrupted, replacedRefetchMs)
  }

  /**
   * Reopens the stream after a pause. tRPC reconnects after a broken connection, but gives up after an error
   * response, such as a proxy's 502.
   */
  #reopen() {
    this.#interrupt()
    this.close()
    this.#retryTimer = setTimeout(() => this.open(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs)
  }
}
