import type { BalancesAnswer } from '../contract/balances.ts'
import { BillingError } from '../contract/errors.ts'
import { keyProperty } from '../contract/keyFormat.ts'
import { type Refusal, refused } from '../http/refusal.ts'
import { keyInvalid, parseKey } from '../metering/key.ts'
import type { Transport } from '../metering/transport.ts'

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
   * Reads the call's input. All middlewares of a call receive the same function, so the function identifies
   * the call.
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
 * The sender of a call: the HTTP request, the WebSocket connection, or a server-side caller that uses the
 * request's context. `unknown` if `createContext` passed no `info`.
 */
type Sender = 'http' | 'webSocket' | 'caller' | 'unknown'

/**
 * The parts of a request that tRPC doesn't pass to middlewares: the calls' keys, and whether the client can
 * read streams.
 */
export class BillingRequest {
  readonly #keys: string[]
  readonly #info: RequestInfo | undefined
  readonly #header: string
  readonly #refusal: Refusal | null
  readonly #canCarryInput: boolean
  readonly #onBalances: (balances: BalancesAnswer) => void
  /** When the app last confirmed the session of this request or WebSocket connection. */
  confirmedAt: number
  /** The newest balances of this request's calls, for the response header. */
  balances: BalancesAnswer | null = null

  constructor({
    keys,
    info,
    header,
    refusal = null,
    canCarryInput,
    openedAt,
    onBalances,
  }: {
    keys: string | null
    info: RequestInfo | undefined
    header: string
    /** Set if the request must neither change state nor spend units. */
    refusal?: Refusal | null
    /** Whether the calls in the request can have inputs. */
    canCarryInput: boolean
    /** When the request arrived or the WebSocket connected. */
    openedAt: number
    /** Called with newer balances, before the response is sent. */
    onBalances: (balances: BalancesAnswer) => void
  }) {
    this.#keys = keys === null ? [] : keys.split(',').map((key) => key.trim())
    this.#info = info
    this.#header = header
    this.#refusal = refusal
    this.#canCarryInput = canCarryInput
    this.confirmedAt = openedAt
    this.#onBalances = onBalances
  }

  /**
   * Returns a call's key from the request header, or null if the header has no key for the call. A batch has
   * one key per call. Throws `KEY_INVALID` if a key is malformed or the number of keys is wrong. One key for
   * a whole batch would turn different calls into one operation.
   */
  keyOf(call: MiddlewareCall): string | null {
    const sender = this.#senderOf(call)
    // Ignore a key in a WebSocket's upgrade request, because it would apply to every call on the connection.
    if (this.#keys.length === 0 || sender === 'webSocket' || sender === 'caller') return null
    const calls = this.#info?.calls ?? [call]
    if (this.#keys.length !== calls.length) throw keyInvalid(this.#keys.join())
    return parseKey(this.#keys[positionOf(call, calls)] ?? '')
  }

  /** Throws `KEY_REQUIRED` for a call without a key, unless the call comes from a server-side caller. */
  denyWithoutKey(call: MiddlewareCall): void {
    if (this.#senderOf(call) === 'caller') return
    throw new BillingError(
      { code: 'KEY_REQUIRED', header: this.#header },
      `This call needs an idempotency key. Send it in the ${this.#header} header. Over WebSockets, send it in the input's "${keyProperty}" property.`,
    )
  }

  /**
   * Throws `FOREIGN_ORIGIN` or `PREFETCH` if the user didn't ask for the call. Calls from a server-side
   * caller are allowed. `isRead` means that the call neither changes state nor spends units. Over HTTP, such
   * a call is allowed, because a page on another origin can't read the response. Over a WebSocket, the page
   * could read the response.
   */
  assertWanted(call: MiddlewareCall, path: string, { isRead }: { isRead: boolean }): void {
    const sender = this.#senderOf(call)
    // If an app's middleware replaces `getRawInput`, a client's call looks like a server-side call, but still
    // has a signal.
    if (this.#refusal === null || (sender !== 'http' && !call.signal)) return
    const isSocket = sender === 'webSocket'
    if (isSocket ? this.#refusal.code === 'PREFETCH' : isRead) return
    throw refused(this.#refusal, path)
  }

  /** Returns whether the call can have an input, which can contain a key. */
  canHaveInput(call: MiddlewareCall): boolean {
    return this.#canCarryInput || this.#senderOf(call) !== 'http'
  }

  /** Returns whether the call came over a WebSocket. */
  isOverSocket(call: MiddlewareCall): boolean {
    return this.#senderOf(call) === 'webSocket'
  }

  /** Returns how the output reaches the client, or null if the output stays in this process. */
  transportOf(call: MiddlewareCall): Transport | null {
    const sender = this.#senderOf(call)
    if (sender === 'caller' || sender === 'unknown') return null
    if (call.isSubscription) return 'subscription'
    if (sender !== 'http') return 'socket'
    return this.#readsStreams ? 'jsonLines' : 'json'
  }

  /**
   * Returns whether the call's response can carry balances. A streamed response can't carry balances, because
   * tRPC sends the response's headers before the calls run.
   */
  canSendBalances(call: MiddlewareCall): boolean {
    const sender = this.#senderOf(call)
    return (sender === 'http' || sender === 'unknown') && !call.isSubscription && !this.#readsStreams
  }

  /** Keeps the balances for the response header if they are newer than those kept so far. */
  note(balances: BalancesAnswer) {
    if (this.balances && balances.version <= this.balances.version) return
    this.balances = balances
    this.#onBalances(balances)
  }

  get #readsStreams(): boolean {
    return this.#info?.accept === 'application/jsonl'
  }

  #senderOf(call: MiddlewareCall): Sender {
    if (!this.#info) return 'unknown'
    // Over a WebSocket, `info` describes the connection and lists no calls. Only calls from the client have a
    // signal.
    if (this.#info.calls.length === 0) return call.signal ? 'webSocket' : 'caller'
    return positionOf(call, this.#info.calls) < 0 ? 'caller' : 'http'
  }
}

/**
 * Returns a call's position in its request. In all versions of tRPC, a call's middlewares receive the same
 * `getRawInput` function as the call's entry in `info.calls`. Only tRPC 11.10 and later pass the position to
 * middlewares.
 */
const positionOf = ({ getRawInput }: RequestedCall, calls: readonly RequestedCall[]) =>
  calls.findIndex((call) => call.getRawInput === getRawInput)

/** Returns the billing request that `createContext` added to the context, or null if the context has none. */
export const billingRequestOf = (ctx: object): BillingRequest | null =>
  'billingRequest' in ctx && ctx.billingRequest instanceof BillingRequest ? ctx.billingRequest : null
