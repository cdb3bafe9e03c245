import type { BalancesAnswer } from '../contract/balances.ts'
import { BillingError } from '../contract/errors.ts'
import { parseKey } from '../metering/key.ts'

/**
 * The parts of an HTTP request that middlewares can't see: its calls' keys, and whether the client can read
 * streams.
 */
export class BillingRequest {
  readonly #keys: string[]
  readonly #calls: number
  readonly #header: string
  /** If false, tRPC answers 415 instead of starting a generator. */
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

  /**
   * Returns one call's key, or null if the request has no keys. A batch has one key per call. Throws
   * `KEY_INVALID` if a key is malformed or missing.
   */
  keyOf(batchIndex: number): string | null {
    if (this.#keys.length === 0) return null
    const key = this.#keys.length === this.#calls ? this.#keys[batchIndex] : undefined
    return parseKey(key ?? this.#keys.join())
  }

  /**
   * Returns one call's key. Throws `KEY_REQUIRED` if the request has no keys, and `KEY_INVALID` if a key is
   * malformed or missing.
   */
  requireKeyOf(batchIndex: number): string {
    const key = this.keyOf(batchIndex)
    if (key !== null) return key
    throw new BillingError(
      { code: 'KEY_REQUIRED', header: this.#header },
      `This call needs an idempotency key. Send one in the header ${this.#header}.`,
    )
  }

  /** Keeps the balances for the response header if they are newer. */
  note(balances: BalancesAnswer) {
    if (!this.balances || balances.version > this.balances.version) this.balances = balances
  }
}

/** Returns the request that `createContext` added to the context, or null for a server-side caller. */
export const billingRequestOf = (ctx: object): BillingRequest | null =>
  'billingRequest' in ctx && ctx.billingRequest instanceof BillingRequest ? ctx.billingRequest : null
