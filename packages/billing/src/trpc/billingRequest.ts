import type { BalancesAnswer } from '../contract/balances.ts'
import { BillingError } from '../contract/errors.ts'
import { parseKey } from '../metering/key.ts'

/** The parts of an HTTP request that middlewares can't see: the keys of its calls, and whether the client reads streams. */
export class BillingRequest {
  readonly #keys: string[]
  readonly #calls: number
  readonly #header: string
  /** False if tRPC answers 415 to a generator, without starting it. */
  readonly streams: boolean
  /** The newest balances of this request's calls, for the response header. */
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

  /** Returns the key of one call, or null if the request has none. A batch has one per call. Throws `KEY_INVALID`. */
  keyOf(batchIndex: number): string | null {
    if (this.#keys.length === 0) return null
    const key = this.#keys.length === this.#calls ? this.#keys[batchIndex] : undefined
    return parseKey(key ?? this.#keys.join())
  }

  /** Returns the key of one call. Throws `KEY_REQUIRED` if it has none, or `KEY_INVALID`. */
  requireKeyOf(batchIndex: number): string {
    const key = this.keyOf(batchIndex)
    if (key !== null) return key
    throw new BillingError(
      { code: 'KEY_REQUIRED', header: this.#header },
      `This call needs an idempotency key. Send one in the header ${this.#header}.`,
    )
  }

  note(balances: BalancesAnswer) {
    if (!this.balances || balances.version > this.balances.version) this.balances = balances
  }
}

/** Returns the request that `createContext` passed on. null for a server-side caller. */
export const billingRequestOf = (ctx: object): BillingRequest | null =>
  'billingRequest' in ctx && ctx.billingRequest instanceof BillingRequest ? ctx.billingRequest : null
