import type { BalancesAnswer } from '../contract/balances.ts'
import { BillingError, UnsafeRequestError } from '../contract/errors.ts'
import { keyProperty } from '../contract/keyFormat.ts'
import { keyInvalid, parseKey } from '../metering/key.ts'
import type { Transport } from '../metering/transport.ts'
import type { UnsafeReason } from './unsafeRequest.ts'

/** The parts of tRPC's request info that metering reads. tRPC passes `info` to `createContext`. */
export interface RequestInfo {
  /** `application/jsonl` if the client can read streams. */
  accept: string | null
  /** The calls in an HTTP request, in batch order. Empty for a WebSocket connection. */
  calls: readonly RequestedCall[]
}

/** A call in tRPC's request info. */
export interface RequestedCall {
  /**
   * Reads the call's input. The call's middlewares get the same function, so the function identifies the
   * call.
   */
  getRawInput: () => Promise<unknown>
}

/** The call properties that are available to a middleware. */
export interface MiddlewareCall {
  getRawInput: () => Promise<unknown>
  signal: AbortSignal | undefined
  isSubscription: boolean
}

/**
 * The origin of a call: the HTTP request, the WebSocket connection, or a server-side caller that uses the
 * request's context. `unknown` if `createContext` passed no `info`.
 */
type Origin = 'http' | 'webSocket' | 'caller' | 'unknown'

/**
 * The parts of a request that tRPC doesn't pass to middlewares: the calls' keys, and whether the client can
 * read streams.
 */
export class BillingRequest {
  readonly #keys: string[]
  readonly #info: RequestInfo | undefined
  readonly #header: string
  readonly #unsafe: UnsafeReason | null
  readonly #onBalances: (balances: BalancesAnswer) => void
  /** The newest balances of this request's calls, for the response header. */
  balances: BalancesAnswer | null = null

  constructor({
    keys,
    info,
    header,
    unsafe = null,
    onBalances,
  }: {
    keys: string | null
    info: RequestInfo | undefined
    header: string
    /** Set if the request is a GET request that must not spend units. */
    unsafe?: UnsafeReason | null
    /** Called with newer balances, before the response is sent. */
    onBalances: (balances: BalancesAnswer) => void
  }) {
    this.#keys = keys === null ? [] : keys.split(',').map((key) => key.trim())
    this.#info = info
    this.#header = header
    this.#unsafe = unsafe
    this.#onBalances = onBalances
  }

  /**
   * Returns a call's key from the request header, or null if the header has no key for the call. A batch has
   * one key per call. Throws `KEY_INVALID` if a key is malformed, or if the number of keys is wrong: one key
   * for a whole batch would turn different calls into one operation.
   */
  keyOf(call: MiddlewareCall): string | null {
    const origin = this.#originOf(call)
    // A key in a WebSocket's upgrade request would apply to every call on the connection.
    if (this.#keys.length === 0 || origin === 'webSocket' || origin === 'caller') return null
    const calls = this.#info?.calls ?? [call]
    if (this.#keys.length !== calls.length) throw keyInvalid(this.#keys.join())
    return parseKey(this.#keys[positionOf(call, calls)] ?? '')
  }

  /** Throws `KEY_REQUIRED` for a call without a key, unless the call comes from a server-side caller. */
  denyWithoutKey(call: MiddlewareCall): void {
    if (this.#originOf(call) === 'caller') return
    throw new BillingError(
      { code: 'KEY_REQUIRED', header: this.#header },
      `This call needs an idempotency key. Send it in the ${this.#header} header. Over WebSockets, send it in the input's "${keyProperty}" property.`,
    )
  }

  /**
   * Throws an `UnsafeRequestError` if the call came in a GET request that was caused by another site or a
   * prefetch.
   */
  assertSafe(call: MiddlewareCall, path: string): void {
    const origin = this.#originOf(call)
    if (this.#unsafe === null || origin === 'webSocket' || origin === 'caller') return
    throw new UnsafeRequestError(
      this.#unsafe === 'prefetch'
        ? `${path} is metered, so a prefetch can't call it. Nothing was charged. Make it a mutation.`
        : `${path} is metered, so another site can't call it with GET. Nothing was charged. Make it a mutation, or set publicUrl to the address of your pages.`,
    )
  }

  /** Returns how the output reaches the client, or null if the output stays in this process. */
  transportOf(call: MiddlewareCall): Transport | null {
    const origin = this.#originOf(call)
    if (origin === 'caller' || origin === 'unknown') return null
    if (call.isSubscription) return 'subscription'
    if (origin !== 'http') return 'socket'
    return this.#readsStreams ? 'jsonLines' : 'json'
  }

  /**
   * Returns whether the call's response can carry balances. A streamed response can't, because tRPC sends its
   * headers before the calls run.
   */
  canSendBalances(call: MiddlewareCall): boolean {
    const origin = this.#originOf(call)
    return (origin === 'http' || origin === 'unknown') && !call.isSubscription && !this.#readsStreams
  }

  /** Keeps the balances for the response header if they are newer than the current balances. */
  note(balances: BalancesAnswer) {
    if (this.balances && balances.version <= this.balances.version) return
    this.balances = balances
    this.#onBalances(balances)
  }

  get #readsStreams(): boolean {
    return this.#info?.accept === 'application/jsonl'
  }

  #originOf(call: MiddlewareCall): Origin {
    if (!this.#info) return 'unknown'
    // Over a WebSocket, `info` describes the connection and lists no calls. Only calls from the client have a
    // signal.
    if (this.#info.calls.length === 0) return call.signal ? 'webSocket' : 'caller'
    return positionOf(call, this.#info.calls) < 0 ? 'caller' : 'http'
  }
}

/**
 * Returns a call's position in its request. In all versions of tRPC, a call's middlewares get the
 * `getRawInput` function that `info` lists. Only tRPC 11.10 and later pass the position to middlewares.
 */
const positionOf = ({ getRawInput }: RequestedCall, calls: readonly RequestedCall[]) =>
  calls.findIndex((call) => call.getRawInput === getRawInput)

/** Returns the billing request that `createContext` added to the context, or null if the context has none. */
export const billingRequestOf = (ctx: object): BillingRequest | null =>
  'billingRequest' in ctx && ctx.billingRequest instanceof BillingRequest ? ctx.billingRequest : null
