import type { Clock } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import { UnserializableResultError } from '../contract/errors.ts'
import { hasCounted, type MeteredLeg } from './cost.ts'
import type { Hold } from './hold.ts'
import { fingerprint } from './key.ts'
import { isAsyncIterable, meteredStream, type StreamEnd } from './meteredStream.ts'
import type { Reservations } from './reservations.ts'
import { referenceOf, settlementOf } from './settlement.ts'
import { replayResult, serializeResult } from './storedResult.ts'

/** A call to meter, from any source: a tRPC procedure, `billing.meter(…)`, or usage that a browser records. */
export interface MeteredCall<Output> {
  customer: Customer
  /** The name shown on charges: the procedure's path, or the app's own name for plain work. */
  procedure: string
  /** The client's name for the operation. null: each call is new work. */
  key: string | null
  /** Returns the raw input, which distinguishes a retry from a different operation under the same key. Called only if there is a key. */
  rawInput: () => unknown
  /** The units to hold and to charge, one leg per meter. */
  legs: MeteredLeg[]
  /** Returns an id from the output. Charges show it. */
  reference?: ((output: unknown) => string) | undefined
  /** How the output reaches the caller. null: it stays in this process, and must be valid JSON only if there is a key. */
  transport: { streams: boolean } | null
  /** Translates an error that ends a stream after `run` has returned it. Default: the error itself. */
  toError?: (error: unknown) => unknown
  /** Aborts when the reader of a stream disconnects. */
  signal?: AbortSignal | undefined
  /** The work. It throws if it fails. `run` is null for a call that holds no units. */
  work: (run: Run | null) => Promise<Output> | Output
}

/** The attempt that runs the work, and the subscription that is charged for it. */
export type Run = Pick<Hold, 'attempt' | 'subscription'>

/** How long a stream's source may clean up after its reader left, before the counted usage is charged. */
const cleanUpMs = 5_000

/**
 * The metered operation. Everything that spends units runs through it:
 *
 * 1. **Recognize a retry, or reserve.** One ledger command decides both under the customer's lock. A key that has completed returns its
 *    stored result, and nothing runs. A key whose call is still running, or that came with a different input, is denied. Any other call (a
 *    new one, or a retry after a failure) gets a hold on its units. If the customer has too few units, it is denied.
 * 2. **Run the work.** The hold is renewed while it runs.
 * 3. **Settle on success.** One transaction turns the hold into a usage event for the actual amount, which can exceed the
 *    hold, and stores the result under the key. The caller gets the output only after it commits.
 * 4. **Release on failure.** If the work throws, or its output can't be sent, the units return to the customer. Nothing is
 *    charged, and the key can be retried.
 *
 * A stream reaches step 3 or 4 when it ends, before its reader sees the end. Its result isn't stored: a retry of a settled
 * stream gets `ALREADY_COMPLETED`.
 *
 * If the process dies before step 3 or 4 commits, nothing renews the hold, and it expires. The units return and the key can be
 * retried. With the meter's `onExpiry: 'settle'`, the held units are charged and the key is completed instead. After step 3
 * commits, delivery sends the usage event to Flowglad exactly once, even after a restart.
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
    const held = call.legs.filter(({ hold }) => hold > 0)
    if (held.length === 0) return this.#runFree(call)

    const reserved = await this.#reservations.reserve({
      customer: call.customer,
      procedure: call.procedure,
      key: call.key,
      fingerprint: call.key === null ? null : fingerprint(await call.rawInput()),
      legs: held.map(({ meter, hold }) => ({ meter, amount: hold })),
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

    const reference = referenceOf(call.reference, output)
    const settled = await hold.settle(settlementOf(call.legs, output, { result, reference }))
    // After an expiry, two attempts can run under one key. The first settle wins: the later attempt costs nothing and returns
    // the same result.
    return settled.state === 'completed' ? replay(call, settled.result) : output
  }

  /** Runs a call whose cost is 0. It needs no hold, is allowed at any balance, and a retry runs it again. */
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
        // A stream that finished, or whose reader left after the first read, is charged its `cost`. Any
        // other stream is charged for its counted usage.
        const delivered = how === 'finished' || (how === 'left' && wasRead)
        if (!delivered && !call.legs.some(hasCounted)) return hold.release()
        const stored = { result: null, reference: null, onlyCounted: !delivered }
        await hold.settle(settlementOf(call.legs, undefined, stored)).catch((error: unknown) => {
          throw toError(error)
        })
      },
    })
  }

  /** Returns the stream that reports how `source` ends. The caller reads it like the one that the work returned. */
  #follow<Output>(
    call: MeteredCall<Output>,
    source: Output & AsyncIterable<unknown>,
    on: { started: () => void; ended: (how: StreamEnd) => Promise<void> },
  ): Output {
    const { signal, transport, toError = unchanged } = call
    const check = (chunk: unknown) => {
      const error = transport && unserializable(chunk)
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

  /** Returns the JSON to store under the key. Throws for an output that can't be sent, before it is charged. */
  #serialize(call: MeteredCall<unknown>, output: unknown): string | null {
    if (call.transport === null && call.key === null) return null
    const json = serializeResult(output, this.#resultMaxBytes)
    return call.key === null ? null : json
  }
}

/** The key and its fingerprint identify the operation, so the stored result has the type of its output. */
const replay = <Output>({ key }: MeteredCall<Output>, result: string | null) =>
  replayResult(result, key ?? '') as Output

/**
 * Reports whether the output is a stream to meter. A transport reads any async iterable. In this
 * process, only a generator counts: any other object (a page of an SDK, a `ReadableStream`) must reach
 * the caller unchanged.
 */
const isStream = <Output>(
  { transport }: MeteredCall<Output>,
  output: Output,
): output is Output & AsyncIterable<unknown> =>
  isAsyncIterable(output) && (transport !== null || 'next' in output)

const unchanged = (error: unknown) => error

/** tRPC sends the streams of a batch in one response, so a chunk that can't be serialized would end them all. */
function unserializable(chunk: unknown): UnserializableResultError | null {
  try {
    JSON.stringify(chunk)
    return null
  } catch (cause) {
    const message = 'A chunk of the stream cannot be serialized; only counted usage is charged.'
    return new UnserializableResultError(message, { cause })
  }
}
