import { TRPCError, type TRPCMiddlewareFunction } from '@trpc/server'
import { within } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import { type MeterCost, prepareSpend, type SpendLeg } from '../metering/cost.ts'
import { fingerprint, parseKey } from '../metering/fingerprint.ts'
import type { Charge, Hold } from '../metering/holds.ts'
import { isAsyncIterable, meteredStream, type StreamEnds } from '../metering/meteredStream.ts'
import { chargeOf, hasCounted, referenceOf, replayResult, serializeResult } from '../metering/settlement.ts'
import type { Service } from '../service.ts'
import { type BillingRequest, billingRequestOf } from './billingRequest.ts'
import { toTrpcError } from './trpcErrors.ts'

export interface CallOptions<Input> {
  /** Names the operation by its input instead of a header: the same name within 24 hours is the same operation. Subscriptions have none. */
  key?: (call: { input: Input }) => string
  /** Refuse calls without a key. Default: `options.requireKey`. */
  requireKey?: boolean
  /** An id out of the result, shown with the charge and sent along; it deduplicates nothing. */
  reference?: (call: { input: Input; output: unknown }) => string
}

export type MeteredMiddleware<Ctx, UsageOut, Input> = TRPCMiddlewareFunction<
  Ctx,
  unknown,
  object,
  { usage: UsageOut },
  Input
>

/** Calls that are metered already, known by what reads their input: each call has its own. */
const meteredCalls = new WeakSet<() => Promise<unknown>>()

export function meteredMiddleware<Ctx extends object, UsageOut extends object, Input>(
  service: Service,
  readCustomer: (ctx: object) => Customer,
  spends: [meter: string, spend: MeterCost<Input>][],
  usageOf: (legs: SpendLeg[]) => UsageOut,
  { key: keyOf, requireKey, reference }: CallOptions<Input>,
): MeteredMiddleware<Ctx, UsageOut, Input> {
  const { holds, accounts, options, clock } = service

  return async ({ ctx, input, path, type, batchIndex, signal, getRawInput, next }) => {
    type Result = Awaited<ReturnType<typeof next<{ usage: UsageOut }>>>
    // tRPC's types cannot say "not yet metered", so the first call does; the meter before this one gives its units back.
    if (meteredCalls.has(getRawInput)) {
      throw new TRPCError({
        code: 'INTERNAL_SERVER_ERROR',
        message: `${path} is metered twice: name all its meters in one metered({ … })`,
      })
    }
    const request = billingRequestOf(ctx)
    const stream = (data: AsyncIterable<unknown>, ends: Pick<StreamEnds, 'started' | 'ended'>) =>
      meteredStream(data, {
        ...ends,
        check: request ? sendable : () => {},
        signal,
        clock,
        patienceMs: 5_000,
      })
    const customer = readCustomer(ctx)
    const legs = refusing(() => spends.map(([meter, spend]) => prepareSpend(meter, spend, input)))
    const usage = usageOf(legs)
    meteredCalls.add(getRawInput)

    const held = legs.filter(({ hold }) => hold > 0)
    // Nothing to pay: allowed at any balance, and its key means nothing.
    if (held.length === 0) {
      const free = await next({ ctx: { usage } })
      if (!request || !free.ok) return free
      if (isAsyncIterable(free.data)) {
        return { ...free, data: stream(free.data, { started() {}, async ended() {} }) }
      }
      serialize(free.data)
      return free
    }

    const key = refusing(() => {
      // A subscription that continues (SSE reconnects by itself) is new work, charged for what it newly counts.
      if (type === 'subscription') return null
      if (keyOf) return parseKey(keyOf({ input }))
      if (requireKey ?? options.requireKey) return request?.requireKeyOf(batchIndex) ?? null
      return request?.keyOf(batchIndex) ?? null
    })

    let hold: Hold
    try {
      const reserved = await holds.reserve({
        customer,
        procedure: path,
        key,
        fingerprint: key === null ? null : await fingerprintOf(getRawInput, key),
        legs: held.map(({ meter, hold: amount }) => ({ meter, amount })),
      })
      // tRPC does not export the marker of a middleware's result: the one cast a replay needs.
      if (reserved.state === 'completed') {
        return { ok: true, data: replayResult(reserved.result, key ?? '') } as Result
      }
      hold = reserved.hold
    } catch (error) {
      await noteBalances(request, customer)
      throw toTrpcError(error)
    }

    hold.startRenewing()
    const result = await next({ ctx: { usage } })
    if (!result.ok) {
      await hold.release()
      await noteBalances(request, customer)
      return result
    }

    const settle = async (charge: Charge) => {
      try {
        return await hold.settle(charge)
      } catch (error) {
        throw toTrpcError(error)
      } finally {
        await noteBalances(request, customer)
      }
    }

    if (isAsyncIterable(result.data)) {
      // Nobody may ever pull: then the hold expires by itself.
      hold.stopRenewing()
      if (request && !request.streams && type !== 'subscription') {
        // tRPC answers 415 and never starts it.
        await hold.release()
        return result
      }
      const counts = () => legs.some(hasCounted)
      let pulled = false
      const data = stream(result.data, {
        started: () => {
          pulled = true
          hold.startRenewing()
        },
        ended: async (how) => {
          // Finished or left: what it cost. Failed, or left before it began: only what was counted.
          const delivered = how === 'finished' || (how === 'left' && pulled)
          if (delivered || counts()) {
            await settle(
              chargeOf(legs, undefined, { result: null, reference: null, onlyCounted: !delivered }),
            )
          } else {
            await hold.release()
          }
        },
      })
      return { ...result, data }
    }

    let stored: string | null
    try {
      stored = request || key !== null ? serialize(result.data) : null
    } catch (error) {
      await hold.release()
      throw error
    }
    const settled = await settle(
      chargeOf(legs, result.data, {
        result: key === null ? null : stored,
        reference: referenceOf(reference, { input, output: result.data }),
      }),
    )
    if (settled.state === 'completed') {
      return { ok: true, data: refusing(() => replayResult(settled.result, key ?? '')) } as Result
    }
    return result
  }

  /** A value that cannot be sent fails the whole batch after its neighbours were charged: it must not get that far. */
  function serialize(
    output: unknown,
    message = 'The result cannot be serialised; nothing was charged.',
  ): string | null {
    try {
      return serializeResult(output, options.resultMaxBytes)
    } catch (cause) {
      throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message, cause })
    }
  }

  /** In the middle of a stream it would take every other stream of the batch with it. */
  function sendable(chunk: unknown) {
    serialize(chunk, 'A chunk of the stream cannot be serialised; only what was counted is charged.')
  }

  /** For the response's header; balances are a courtesy there, so failing to read them fails nothing. */
  async function noteBalances(request: BillingRequest | null, customer: Customer) {
    if (!request || request.streams) return
    // A call that is charged already must answer, whatever the database does.
    const balances = await within(clock, 1_000, accounts.read(customer), null).catch(() => null)
    if (balances) request.note(balances)
  }
}

function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toTrpcError(error)
  }
}

async function fingerprintOf(getRawInput: () => Promise<unknown>, key: string): Promise<string> {
  const rawInput = await getRawInput()
  try {
    return fingerprint(rawInput)
  } catch (error) {
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: `The call under key ${key} cannot be recognised again: ${error instanceof Error ? error.message : error}`,
    })
  }
}
