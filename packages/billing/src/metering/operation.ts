import type { Clock } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import { UnserializableResultError } from '../contract/errors.ts'
import { hasCounted, type MeteredLeg } from './cost.ts'
import type { Hold } from './hold.ts'
import { fingerprint } from './key.ts'
import { isAsyncIterable, meteredStream, type StreamEnd } from './meteredStream.ts'
import type { Reservations } from './reservations.ts'
import { referenceOf, settlementOf } from './settlement.ts'
import { type Codec, replayResult, serializeResult, toJson } from './storedResult.ts'

/** A call to meter, from any source: a tRPC procedure, `billing.meter(…)`, or usage that a browser records. */
export interface MeteredCall<Output> {
  customer: Customer
  /** The name shown on charges: the procedure's path, or the app's own name for plain work. */
  procedure: string
  /** The client's name for the operation, unique for the customer and procedure. null: each call is new work. */
  key: string | null
  /** Returns the raw input, which distinguishes a retry from a different operation under the same key. Called only if there is a key. */
  rawInput: () => unknown
  /** The units to hold and to charge, one leg per meter. A leg that holds 0 units costs 0. */
  legs: MeteredLeg[]
  /** Returns an ID from the output, for the charge. Not called for a stream. If it throws, the charge has no ID. */
  reference?: ((output: unknown) => string) | undefined
  /**
   * How the output reaches the caller. `streams` is false if the client can't read a stream. null: the output stays in this
   * process, and must be valid JSON only if there is a key.
   */
  transport: { streams: boolean } | null
  /** Serializes the output and the chunks of a stream. Default: JSON. */
  codec?: Codec | undefined
  /** Translates an error that the reader of a stream gets. Default: the error itself. */
  toError?: (error: unknown) => unknown
  /** The signal that is aborted when the reader of a stream disconnects. */
  signal?: AbortSignal | undefined
  /** The work, which throws if it fails. `run` is null for a call that holds no units. */
  work: (run: Run | null) => Promise<Output> | Output
}

/** The attempt's ID and the subscription that is charged, for the work to read. */
export type Run = Pick<Hold, 'attempt' | 'subscription'>

/** How long to wait for a stream's source to clean up after its reader left. Then the stream is charged anyway. */
const cleanUpMs = 5_000

/**
 * The metered operation. All metered work runs through it:
 *
 * 1. **Recognize a retry, or reserve.** One ledger command decides both under the customer's lock. A key identifies one operation
 *    per customer and procedure. A call without a key is always a new operation.
 *    - If the key was used with a different input, even in a failed call, the call is denied with `KEY_REUSED`.
 *    - If an earlier call with the key still has its hold, the call is denied with `IN_PROGRESS`.
 *    - If an earlier call with the key has completed, its stored result is returned, and nothing runs. If no result is stored,
 *      because it was a stream, was too large or was charged at expiry, the call is denied with `ALREADY_COMPLETED`.
 *    - If the key is new, or its earlier call failed, the units of all legs are held. If one leg is short, no units are held.
 *
 *    Before the operation denies a call for too few units, it fetches the customer's balance from Flowglad and asks the ledger
 *    again. A denied call doesn't use up its key.
 * 2. **Run the work.** The hold is renewed while the work runs, up to its maximum lifetime. Then it expires, and a retry can run
 *    too. The work goes on and is charged when it succeeds, unless a retry was charged first.
 * 3. **Settle on success.** One transaction turns the hold into a usage event per meter for the actual amount, and stores the
 *    result under the key. The amount can exceed the hold, and units that it doesn't use return to the customer. If `cost` throws,
 *    returns a bad number or reads usage that the work never counted, the held units are charged and the charge is flagged. The
 *    caller gets the output only after the commit. If the commit takes too long, the caller gets `BILLING_UNAVAILABLE` with
 *    `chargeUnconfirmed`, and the settle is retried in the background.
 * 4. **Release on failure.** If the work throws, or its output can't be serialized or sent, the units return to the customer.
 *    Nothing is charged, not even counted usage (the units that the work reported while it ran), and the key can be retried.
 *
 * A stream can deliver output before it fails, so it is charged when it ends, before its reader sees the end:
 * - If it finished, or its reader left after the first read, it is charged its `cost`, as in step 3.
 * - If it failed, or its reader left before the first read, only legs with counted usage are charged. Without counted usage, its
 *   units are released, as in step 4.
 * - If its reader neither reads it nor leaves, its hold expires.
 *
 * A charged stream completes its key, even if the stream failed. Its result isn't stored.
 *
 * If the process dies before step 3 or 4 commits, nothing renews the hold, and it expires. Its units return to the customer,
 * and the key can be retried. But the units of a meter with `onExpiry: 'settle'` are charged at expiry, which completes the key.
 * After step 3 commits, delivery sends the usage events until Flowglad has them, even after a restart. An event may be sent more
 * than once, but its ID is the same each time, and Flowglad records it once.
 */
export class Operation {
  readonly #reservations: Reservations
  readonly #clock: Clock
  readonly #resultMaxBytes: number

  constructor({
    reservations,
    clock,
    resultMaxBytes,
  }: { reservations: Reservations; clock: Clock; resultMaxBytes: number }) {
    this.#reservations = reservations
    this.#clock = clock
    this.#resultMaxBytes = resultMaxBytes
  }

  /** Runs the call's work and returns its output, or the stored output of an earlier run. Throws denials as `BillingError`. */
  async run<Output>(call: MeteredCall<Output>): Promise<Output> {
    const paidLegs = call.legs.filter(({ hold }) => hold > 0)
    if (paidLegs.length === 0) return this.#runFree(call)

    const reserved = await this.#reservations.reserve({
      customer: call.customer,
      procedure: call.procedure,
      key: call.key,
      fingerprint: call.key === null ? null : fingerprint(await call.rawInput()),
      legs: paidLegs.map(({ meter, hold }) => ({ meter, amount: hold })),
    })
    if (reserved.state === 'completed') return replay(call, reserved.result)

    const { hold } = reserved
    hold.startRenewing()
    let output: Output
    let result: string | null
    try {
      output = await call.work(hold)
      if (isStream(call, output)) return await this.#meterStream(call, hold, output)
      result = this.#serialize(call, output)
    } catch (error) {
      await hold.release()
      throw error
    }

    // The work has succeeded, so it must be charged: neither `referenceOf` nor `settlementOf` throws. A bad cost charges the
    // held units, and a bad reference is left out.
    const reference = referenceOf(call.reference, output)
    const settled = await hold.settle(settlementOf(call.legs, output, { result, reference }))
    // If the hold expired while the work ran, a retry can have been charged first. Then this attempt costs nothing, and the call
    // ends as a retry does: with the stored result, or with `ALREADY_COMPLETED`.
    return settled.state === 'completed' ? replay(call, settled.result) : output
  }

  /** Runs a call that holds no units. It costs 0 and is allowed at any balance. Its key is ignored, so a retry runs it again. */
  async #runFree<Output>(call: MeteredCall<Output>): Promise<Output> {
    const output = await call.work(null)
    if (call.transport?.streams && isStream(call, output)) {
      return this.#follow(call, output, { started() {}, async ended() {} })
    }
    this.#serialize(call, output)
    return output
  }

  /** Settles a stream when it has ended, not when the work returns it. Its hold is renewed while it is read. */
  async #meterStream<Output>(
    call: MeteredCall<Output>,
    hold: Hold,
    source: Output & AsyncIterable<unknown>,
  ): Promise<Output> {
    // Until the first read, nothing renews the hold. If the stream is never read, the hold expires, as after a crash.
    hold.stopRenewing()
    if (call.transport && !call.transport.streams) {
      // The transport answers 415 and never starts the stream.
      await hold.release()
      return source
    }
    const { toError = unchanged } = call
    let wasRead = false
    return this.#follow(call, source, {
      started() {
        wasRead = true
        hold.startRenewing()
      },
      async ended(how) {
        const owesCost = how === 'finished' || (how === 'left' && wasRead)
        if (!owesCost && !call.legs.some(hasCounted)) return hold.release()
        const stored = { result: null, reference: null, onlyCounted: !owesCost }
        await hold.settle(settlementOf(call.legs, undefined, stored)).catch((error: unknown) => {
          throw toError(error)
        })
      },
    })
  }

  /**
   * Wraps a stream: calls `on.started` at the first read and `on.ended` at the end. The caller reads the result like `source`.
   */
  #follow<Output>(
    call: MeteredCall<Output>,
    source: Output & AsyncIterable<unknown>,
    on: { started: () => void; ended: (how: StreamEnd) => Promise<void> },
  ): Output {
    const { signal, transport, codec, toError = unchanged } = call
    const check = (chunk: unknown) => {
      const error = transport && unserializable(chunk, codec)
      if (error) throw toError(error)
    }
    return meteredStream(source, {
      ...on,
      check,
      signal,
      clock: this.#clock,
      patienceMs: cleanUpMs,
    }) as Output
  }

  /**
   * Returns the JSON to store under the key, or null if there is no key or the JSON is too large to store. Throws if the output
   * can't be sent, so that the call isn't charged.
   */
  #serialize(call: MeteredCall<unknown>, output: unknown): string | null {
    if (call.transport === null && call.key === null) return null
    const json = serializeResult(output, this.#resultMaxBytes, call.codec)
    return call.key === null ? null : json
  }
}

/** The key and its fingerprint identify the operation, so the stored result has the type of its output. */
const replay = <Output>({ key, codec }: MeteredCall<Output>, result: string | null) =>
  replayResult(result, key ?? '', codec) as Output

/**
 * Returns whether the output is a stream to meter. For a call over a transport, any async iterable is a stream.
 * For a caller in this process, only a generator is a stream. Any other object, such as an SDK's page of
 * results or a `ReadableStream`, must reach the caller unchanged.
 */
const isStream = <Output>(
  { transport }: MeteredCall<Output>,
  output: Output,
): output is Output & AsyncIterable<unknown> =>
  isAsyncIterable(output) && (transport !== null || 'next' in output)

const unchanged = (error: unknown) => error

/** tRPC sends the streams of a batch in one response, so a chunk that can't be serialized would end them all. */
function unserializable(chunk: unknown, codec?: Codec): UnserializableResultError | null {
  try {
    toJson(chunk, codec)
    return null
  } catch (cause) {
    const message = 'A chunk of the stream cannot be serialized. Only counted usage is charged.'
    return new UnserializableResultError(message, { cause })
  }
}
