import type { BalancesAnswer } from '../contract/balances.ts'
import { BillingError } from '../contract/errors.ts'
import { parseKey } from '../metering/fingerprint.ts'

/** What middlewares cannot see of an HTTP request by themselves: the keys of its calls, and whether the client can read a stream. */
export class BillingRequest {
  readonly #keys: string[]
  readonly #calls: number
  readonly #header: string
  /** False: a generator would answer 415 without ever being started. */
  readonly streams: boolean
  /** The newest balances that calls of this request have seen, for the response's header. */
  balances: BalancesAnswer | null = null

  constructor({
    keys,
    calls,
    streams,
    header,
  }: { keys: string | null; calls: number; streams: boolean; header: string }) {
    this.#keys = keys === null ? [] : keys.split(',').map((key) => key.trim())
    this.#calls = calls
    this.streams = streams
    this.#header = header
  }

  /** The key of one call; null when the request names none. A batch names one for each of its calls. Throws KEY_INVALID. */
  keyOf(batchIndex: number): string | null {
    if (this.#keys.length === 0) return null
    const key = this.#keys.length === this.#calls ? this.#keys[batchIndex] : undefined
    return parseKey(key ?? this.#keys.join())
  }

  requireKeyOf(batchIndex: number): string {
    const key = this.keyOf(batchIndex)
    if (key !== null) return key
    throw new BillingError(
      { code: 'KEY_REQUIRED', header: this.#header },
      `This call needs an idempotency key in the header ${this.#header}.`,
    )
  }

  note(balances: BalancesAnswer) {
    if (!this.balances || balances.version > this.balances.version) this.balances = balances
  }
}

/** The request, when `createContext` handed it on; a server-side caller has none. */
export const billingRequestOf = (ctx: object): BillingRequest | null =>
  'billingRequest' in ctx && ctx.billingRequest instanceof BillingRequest ? ctx.billingRequest : null
