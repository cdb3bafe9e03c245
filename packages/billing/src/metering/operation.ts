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

/** A call to meter, whoever makes it: a tRPC procedure, `billing.meter(…)`, or usage that a browser records. */
export interface MeteredCall<Output> {
  customer: Customer
  /** The name that charges show: the procedure's path, or the app's own name for plain work. */
  procedure: string
  /** The client's name for the operation. null: each call is new work. */
  key: string | null
  /** Returns the raw input, which tells a retry from another operation under the same key. Called only if there is a key. */
  rawInput: () => unknown
  /** The units to hold and to charge, one leg per meter. */
  legs: MeteredLeg[]
  /** Returns an id from the output. Charges show it. */
  reference?: ((output: unknown) => string) | undefined
  /** How the output reaches the caller. null: it stays in this process and needs no JSON. */
  transport: { streams: boolean } | null
  /** Aborts when the reader of a stream disconnects. */
  signal?: AbortSignal | undefined
  /** The work. It throws if it fails. `run` is null for a call that costs nothing. */
  work: (run: Run | null) => Promise<Output> | Output
}

/** The attempt that runs the work, and the subscription that is charged for it. */
export type Run = Pick<Hold, 'attempt' | 'subscription'>

/**
 * The metered operation. Everything that spends units runs through it:
 *
 * 1. **Recognize a retry, or reserve.** One ledger command decides both under the customer's lock. A key that has completed
 *    returns its stored result. Otherwise the units become a hold, or the call is denied and nothing runs.
 * 2. **Run the work.** The hold is renewed while it runs.
 * 3. **Settle on success.** One transaction turns the hold into a usage event for the actual amount and stores the result
 *    under the key. The caller gets the output only after it commits.
 * 4. **Release on failure.** The units return to the customer. Nothing is charged.
 *
 * If the process dies in steps 1 to 3, the hold is no longer renewed and expires: the units return, or the meter's
 * `onExpiry: 'settle'` charges them. After step 3, delivery sends the usage event to Flowglad, also after a restart.
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
      if (isAsyncIterable(output)) return await this.#meterStream(call, hold, output)
      result = this.#serialize(call, output)
    } catch (error) {
      await hold.release()
      throw error
    }

    const reference = referenceOf(call.reference, output)
    const settled = await hold.settle(settlementOf(call.legs, output, { result, reference }))
    // If another attempt under the same key was settled first, this one costs nothing and both return the same result.
    return settled.state === 'completed' ? replay(call, settled.result) : output
  }

  /** Runs a call that costs nothing. It needs no hold, is allowed at any balance, and its key has no effect. */
  async #runFree<Output>(call: MeteredCall<Output>): Promise<Output> {
    const output = await call.work(null)
    if (call.transport && isAsyncIterable(output)) {
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
    // Until the first read, nothing renews the hold: a stream that is never read expires.
    hold.stopRenewing()
    if (call.transport && !call.transport.streams) {
      // The transport answers 415 and never starts the stream.
      await hold.release()
      return source
    }
    let wasRead = false
    return this.#follow(call, source, {
      started() {
        wasRead = true
        hold.startRenewing()
      },
      async ended(how) {
        // A stream that finished, or that its reader left, costs its `cost`. A failed one costs only what it has counted.
        const delivered = how === 'finished' || (how === 'left' && wasRead)
        if (!delivered && !call.legs.some(hasCounted)) return hold.release()
        const stored = { result: null, reference: null, onlyCounted: !delivered }
        await hold.settle(settlementOf(call.legs, undefined, stored))
      },
    })
  }

  /** Returns the stream that reports how `source` ends. The caller reads it like the one that the work returned. */
  #follow<Output>(
    call: MeteredCall<Output>,
    source: Output & AsyncIterable<unknown>,
    on: { started: () => void; ended: (how: StreamEnd) => Promise<void> },
  ): Output {
    const check = call.transport ? assertSerializable : () => {}
    const { signal } = call
    return meteredStream(source, { ...on, check, signal, clock: this.#clock, patienceMs: 5_000 }) as Output
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

/** In a batch, a chunk that can't be sent would end the other streams too. */
function assertSerializable(chunk: unknown) {
  try {
    JSON.stringify(chunk)
  } catch (cause) {
    const message = 'A chunk of the stream cannot be serialized; only counted usage is charged.'
    throw new UnserializableResultError(message, { cause })
  }
}
