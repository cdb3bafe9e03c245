import type { Clock } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import type { WatchSession } from '../sessions/reader.ts'
import { isAsyncIterable } from './asyncShapes.ts'
import { hasCounted, type MeteredLeg } from './cost.ts'
import { isJson } from './exactValue.ts'
import { fingerprint } from './fingerprint.ts'
import { followOutput } from './followOutput.ts'
import type { Hold } from './hold.ts'
import { ignoreErrors } from './ignoreErrors.ts'
import type { LabelsOf } from './labels.ts'
import type { Reservations } from './reservations.ts'
import { basisOf, countedUnits, referenceOf, settlementOf } from './settlement.ts'
import { type Codec, replayResult, storeResult } from './storedResult.ts'
import { assertDeliverable, endOf, reject, type Transport } from './transport.ts'

/** A metered call from any source: a tRPC procedure, `billing.meter(…)`, or usage that a browser records. */
export interface MeteredCall<Output> {
  customer: Customer
  /** The name shown on charges: the procedure's path, or the app's own name for plain work. */
  procedure: string
  /**
   * The client's name for the operation, unique per customer and procedure. If null, each call is new work.
   */
  key: string | null
  /**
   * Returns the raw input, which distinguishes a retry from a different operation under the same key. Called
   * only if there is a key and the call costs units.
   */
  rawInput: () => unknown
  /** Serializes instances of the app's own classes in the raw input. Default: their fields. */
  inputCodec?: Codec | undefined
  /** The units to hold and to charge, one leg per meter. A leg that holds 0 units costs 0. */
  legs: MeteredLeg[]
  /** Returns the call's labels. Called once, before the work, and only if the call costs units. Default: no labels. */
  labels?: (() => unknown) | undefined
  /**
   * Returns an ID from the output to show on the charge. Not called for a stream. If the callback throws, the
   * charge has no ID.
   */
  reference?: ((output: unknown) => string) | undefined
  /**
   * How the output reaches the caller. If null, the output stays in this process, so it doesn't need to be
   * serializable.
   */
  transport: Transport | null
  /** Whether the call is a tRPC subscription, whose output can be an observable. */
  isSubscription?: boolean
  /** Serializes the output and the chunks of a stream. Default: JSON. */
  codec?: Codec | undefined
  /** Converts an error before it is passed to the reader of a stream. Default: the error itself. */
  toError?: (error: unknown) => unknown
  /** Aborted when the reader of a stream disconnects. */
  signal?: AbortSignal | undefined
  /** Checks the session of a stream's reader while the stream is read. Default: no checks. */
  watchSession?: WatchSession | undefined
  /** The work to meter. If the work fails, it throws. `run` is null for a call that holds no units. */
  work: (run: Run | null) => Promise<Output> | Output
}

/** The attempt's ID and the subscription to charge, which the work can read. */
export type Run = Pick<Hold, 'attempt' | 'subscription'>

/**
 * Runs metered work in these steps:
 *
 * 1. **Recognize a retry, or reserve.** One ledger command handles both cases under the customer's lock. A
 *    key identifies one operation per customer and procedure. A call without a key is always a new operation.
 *    A call that costs nothing is also a new operation, because its key is ignored.
 *    - If an earlier call used the key with a different input, the call is denied with `KEY_REUSED`, even if
 *      the earlier call failed.
 *    - If an earlier call with the key still has an active hold, the call is denied with `IN_PROGRESS`.
 *    - If an earlier call with the key has completed, its stored result is returned, and nothing runs. If no
 *      result is stored, for example because the output was a stream or the earlier call was charged at
 *      expiry, the call is denied with `ALREADY_COMPLETED`. A retry never returns a result that differs from
 *      the first one.
 *    - If the key is new, or its earlier call failed, the units of all legs are held. If any leg lacks units,
 *      no units are held.
 *
 *    Before a call is denied for lack of units, the customer's balance is fetched from Flowglad, and the
 *    ledger decides again. A denied call doesn't use up its key.
 * 2. **Run the work.** While the work runs, it can report the units that it has used: its counted usage.
 *    The hold is renewed up to its maximum lifetime. If the work takes longer, the hold expires. If the
 *    expiry charges nothing, a retry can start while the work is still running. When the work succeeds,
 *    it is charged, unless the expiry or a retry was charged first.
 * 3. **Settle on success.** One transaction turns the hold into one usage event per meter for the actual
 *    amount, and stores the result under the key. The actual amount can exceed the hold. If the actual amount
 *    is less, the unused units return to the customer. If `cost` throws, returns an invalid number, or reads
 *    unknown usage (see `Usage`), the held units are charged and the charge is flagged. The caller
 *    receives the output only after the commit. If the commit takes too long, the caller receives
 *    `BILLING_UNAVAILABLE` with `chargeUnconfirmed`, and the settle is retried in the background.
 * 4. **Release on failure.** If the work throws, or its output can't be serialized or sent, the units return
 *    to the customer. Nothing is charged, not even counted usage, and the key can be retried.
 *
 * A stream can deliver output before it fails. A stream is therefore charged when it ends, before its reader
 * sees the end. Below, "stream" also means an observable, or an object that contains promises or streams. Such
 * an object ends when its last part ends. The charge depends on how the stream ends:
 * - If the stream finished, its `cost` is charged, as in step 3.
 * - If the reader's session ended, or the reader left after the first read, each meter's `onLeave` determines
 *   the charge. By default, the `cost` is charged, as in step 3.
 * - If the stream failed, or the reader left before the first read, counted usage is charged. If there is none,
 *   all units are released, as in step 4.
 * - If the reader neither reads the stream nor leaves, the hold expires, as after a crash.
 * - If the process shuts down, the stream ends with an error, and is charged as if the hold had expired.
 * - If the hold expired and was charged while the process couldn't reach the ledger, the stream ends with an
 *   error, because no more of its units can be charged.
 *
 * A charged stream completes its key, even if the stream failed. The stream's output isn't stored.
 *
 * If the process dies before step 3 or 4 commits, nothing renews the hold, and it expires. A stream stores
 * its counted usage in its hold every few seconds, and expiry charges the stored usage. On a meter without
 * stored usage, `onExpiry` determines whether the held units are charged or returned. A charge at expiry
 * completes the key. If nothing is charged, the key can be retried. After step 3 commits, delivery keeps
 * sending the usage events until Flowglad has them, even after a restart. An event can be sent more than
 * once, but its ID is the same each time, so Flowglad records it only once.
 */
export class Operation {
  readonly #reservations: Reservations
  readonly #labelsOf: LabelsOf
  readonly #clock: Clock
  readonly #resultMaxBytes: number

  constructor({
    reservations,
    labelsOf,
    clock,
    resultMaxBytes,
  }: { reservations: Reservations; labelsOf: LabelsOf; clock: Clock; resultMaxBytes: number }) {
    this.#reservations = reservations
    this.#labelsOf = labelsOf
    this.#clock = clock
    this.#resultMaxBytes = resultMaxBytes
  }

  /**
   * Runs the call's work and returns its output, or the stored output of an earlier run. Throws denials as
   * `BillingError`.
   */
  async run<Output>(call: MeteredCall<Output>): Promise<Output> {
    const paidLegs = call.legs.filter(({ hold }) => hold > 0)
    if (paidLegs.length === 0) return this.#runFree(call)

    const labels = this.#labelsOf(
      paidLegs.map(({ meter }) => meter),
      call,
    )
    const reserved = await this.#reservations.reserve({
      customer: call.customer,
      procedure: call.procedure,
      key: call.key,
      fingerprint: call.key === null ? null : await fingerprint(await call.rawInput(), call.inputCodec),
      legs: paidLegs.map(({ meter, hold }) => ({ meter, amount: hold, labels: labels.get(meter) })),
    })
    if (reserved.state === 'completed') return replay(call, reserved.result)

    const { hold } = reserved
    hold.startRenewing()
    let output: Output
    let result: string | null
    try {
      output = await call.work(hold)
      if (endOf(call, output) !== 'now') return await this.#meterLater(call, hold, output)
      const plain = isPlain(call, output)
      assertDeliverable(call, output, plain)
      const maxBytes = this.#resultMaxBytes
      result = call.key === null ? null : storeResult(output, { ...deliveryOf(call), plain, maxBytes })
    } catch (error) {
      await hold.release()
      throw error
    }

    // The work has succeeded, so it must be charged: neither `referenceOf` nor `settlementOf` throws. If the
    // cost is invalid, the held units are charged. An invalid reference is left out.
    const reference = referenceOf(call.reference, output)
    const settled = await hold.settle(settlementOf(call.legs, output, { basis: 'work', result, reference }))
    // If the hold expired while the work ran, a retry may have been charged first. In that case, this attempt
    // costs nothing, and the call returns the stored result or is denied with `ALREADY_COMPLETED`.
    return settled.state === 'completed' ? replay(call, settled.result) : output
  }

  /**
   * Runs a call that holds no units. Such a call costs 0 and is allowed at any balance. Its key is ignored,
   * so a retry runs the work again.
   */
  async #runFree<Output>(call: MeteredCall<Output>): Promise<Output> {
    const output = await call.work(null)
    const end = endOf(call, output)
    if (end === 'refused') return reject(call, output)
    if (end === 'now') {
      assertDeliverable(call, output, isPlain(call, output))
      return output
    }
    return followOutput(call, output, { clock: this.#clock, mustBeSendable: true })
  }

  /**
   * Settles the charge when the output ends, not when the work returns the output. The hold is renewed only
   * while the output is being read.
   */
  async #meterLater<Output>(call: MeteredCall<Output>, hold: Hold, output: Output): Promise<Output> {
    // Until the first read, nothing renews the hold. If a stream is never read, the hold expires, as after a
    // crash.
    hold.stopRenewing()
    if (endOf(call, output) === 'refused') {
      ignoreErrors(output)
      await hold.release()
      const isRead = call.transport === 'socket' && isAsyncIterable(output)
      return isRead ? (this.#readInProcess(call, output) as Output) : reject(call, output)
    }
    const { toError = unchanged } = call
    return followOutput(call, output, {
      clock: this.#clock,
      mustBeSendable: true,
      started: () => hold.startRenewing(() => countedUnits(call.legs)),
      paused: () => hold.stopRenewing(),
      onStop: (stop) => hold.onStop(stop),
      async ended(how, wasRead) {
        const basis = basisOf(how, wasRead)
        if (basis === 'counted' && !call.legs.some(hasCounted)) return hold.release()
        const settlement = settlementOf(call.legs, undefined, { basis, result: null, reference: null })
        if (basis === 'stopped' && settlement.amounts.every(({ amount }) => amount === 0))
          return hold.release()
        await hold.settle(settlement).catch((error: unknown) => {
          throw toError(error)
        })
      },
    })
  }

  /**
   * Meters a stream that a WebSocket can't carry. A client gets 415 from tRPC, which doesn't read the stream. A
   * server-side caller that passes a signal can't be distinguished from a client, and does read the stream. The
   * stream is metered at the first read.
   */
  async *#readInProcess<Output>(call: MeteredCall<Output>, output: Output & AsyncIterable<unknown>) {
    yield* await this.run({ ...call, transport: null, work: () => output })
  }
}

/**
 * Returns whether the output is plain JSON, which can be sent and stored as it is. Most outputs are plain
 * JSON. For plain JSON, this check replaces the serializations that would validate and store the output. If the
 * call has no key and its output stays in this process, the output isn't examined.
 */
const isPlain = ({ transport, key }: MeteredCall<unknown>, output: unknown) =>
  (transport !== null || key !== null) && isJson(output)

const deliveryOf = ({ transport, codec }: Pick<MeteredCall<never>, 'transport' | 'codec'>) => ({
  inProcess: transport === null,
  codec,
})

/**
 * Returns the stored result for a retry. The cast is safe, because the key and its fingerprint identify the
 * operation, so the stored result has the type of the call's output.
 */
const replay = <Output>(call: MeteredCall<Output>, result: string | null) =>
  replayResult(result, call.key ?? '', deliveryOf(call)) as Output

const unchanged = (error: unknown) => error
