import { within } from '../config/clock.ts'
import { SetupError } from '../config/setupError.ts'
import type { Customer } from '../contract/customer.ts'
import type { Labels } from '../contract/dimensions.ts'
import { type MeterCost, type MeteredLeg, meteredLeg } from '../metering/cost.ts'
import { parseKey } from '../metering/key.ts'
import type { AppTrpc } from './appTrpc.ts'
import { type BillingRequest, billingRequestOf } from './billingRequest.ts'
import { callKey, rawInputOf } from './callKey.ts'
import { confirmSession } from './confirmSession.ts'
import type { MiddlewareFunction } from './coreTypes.ts'
import type { TrpcServices } from './createTrpc.ts'
import { withoutKey } from './inputKey.ts'
import type { Transformer } from './transformer.ts'
import type { Warnings } from './warnings.ts'

/** The options of a metered procedure. */
export interface CallOptions<Input, Ctx = object, Given = Labels> {
  /**
   * Derives the key from the input instead of reading it from the header. Calls with the same key within 24
   * hours are treated as the same operation. Has no effect on subscriptions.
   */
  key?: (call: { input: Input }) => string
  /** Denies clients' calls without a key, except subscriptions. Default: `options.requireKey`. */
  requireKey?: boolean
  /**
   * Returns an ID from the result. The ID is shown on charges and sent to Flowglad, but doesn't deduplicate
   * calls.
   */
  reference?: (call: { input: Input; output: unknown }) => string
  /**
   * Returns the call's labels: a value for each dimension. Runs before the work. `ctx` has the same type as the parameter
   * of the setup's `customer`. If the callback throws, the units count under `other`.
   */
  dimensions?(call: { ctx: Ctx; input: Input }): Given
}

/**
 * The type of the middleware that `metered` returns. This middleware adds `usage` to the procedure's context.
 */
export type MeteredMiddleware<Ctx, UsageOut, Input> = MiddlewareFunction<
  Ctx,
  unknown,
  object,
  { usage: UsageOut },
  Input
>

export interface MeteringParts extends TrpcServices {
  app: AppTrpc
  warnings: Warnings
  transformer: Transformer
}

/**
 * The metered calls that are running. Each call has its own `getRawInput` function, which identifies the
 * call.
 */
const meteredCalls = new Set<() => Promise<unknown>>()

/**
 * Creates the middleware that runs a procedure as a metered operation. The middleware translates between tRPC
 * and `metering/operation.ts`.
 */
export function meteredMiddleware<Ctx extends object, UsageOut extends object, Input>(
  {
    operation,
    accounts,
    sessions,
    options,
    clock,
    app,
    warnings,
    transformer,
    legSettings,
    denialCounts,
  }: MeteringParts,
  {
    readCustomer,
    costs,
    usageOf,
    call: { key: keyOf, requireKey = options.requireKey, reference, dimensions },
  }: {
    readCustomer: (ctx: object) => Customer
    costs: [meter: string, cost: MeterCost<Input>][]
    usageOf: (legs: MeteredLeg[]) => UsageOut
    call: CallOptions<Input>
  },
): MeteredMiddleware<Ctx, UsageOut, Input> {
  return async ({ ctx, input, path, type, signal, getRawInput, next }) => {
    type Result = Awaited<ReturnType<typeof next<{ usage: UsageOut }>>>
    await app.check()
    const customer = readCustomer(ctx)
    assertMeteredOnce(getRawInput, path)
    const isSubscription = type === 'subscription'
    const call = { ctx, getRawInput, signal, isSubscription }
    const request = billingRequestOf(ctx)
    if (!request && signal) warnings.missingRequest(nameOfPath(path))

    /**
     * Returns the call's key. A subscription has no key, because each reconnect starts new work, and only the
     * new work's usage is charged.
     */
    const readKey = async () => {
      if (isSubscription) return null
      if (keyOf) return parseKey(keyOf({ input }))
      const key = await callKey(request, call)
      if (key === null && requireKey) request?.denyWithoutKey(call)
      return key
    }

    const startedAt = performance.now()
    let sendsBalances = false
    let result: Result | undefined
    try {
      await confirmSession(sessions, call, customer.id)
      const legs = costs.map(([meter, cost]) => meteredLeg(meter, cost, input, legSettings(meter)))
      const holdsUnits = legs.some(({ hold }) => hold > 0)
      request?.assertWanted(call, path, { isRead: type !== 'mutation' && !holdsUnits })
      const key = holdsUnits ? await readKey() : null
      if (key !== null && path === '') throw keyWithoutPath()
      // Don't warn if the key comes from the input, because a refetch then returns the stored result and
      // isn't charged.
      if (type === 'query' && holdsUnits && !keyOf) warnings.meteredQuery(nameOfPath(path))
      sendsBalances = holdsUnits && !!request?.canSendBalances(call)
      const data = await operation.run<unknown>({
        customer,
        procedure: nameOfPath(path),
        key,
        rawInput: async () => withoutKey(await rawInputOf(call)),
        inputCodec: transformer.input,
        codec: transformer.output,
        legs,
        reference: reference && ((output) => reference({ input, output })),
        labels: dimensions && (() => dimensions({ ctx, input })),
        transport: request?.transportOf(call) ?? null,
        isSubscription,
        toError: app.toError,
        signal,
        watchSession: (end) => sessions.watch(ctx, customer.id, end),
        async work() {
          result = await next({ ctx: { usage: usageOf(legs) } })
          if (!result.ok) throw result.error
          return result.data
        },
      })
      // A replay has no tRPC result. The cast is necessary because tRPC doesn't export the marker type of
      // middleware results.
      return { ...result, ok: true, data } as Result
    } catch (error) {
      if (result && !result.ok && result.error === error) return result
      denialCounts.note({ customer: customer.id, procedure: nameOfPath(path) }, error)
      throw app.toError(error)
    } finally {
      // Forget the call, because one of the app's middlewares may run it again after a failure.
      meteredCalls.delete(getRawInput)
      if (request && sendsBalances) await noteBalances(request, customer, startedAt)
    }
  }

  /** Adds the balances to the response header. Ignores failures: a charged call must return its result. */
  async function noteBalances(request: BillingRequest, customer: Customer, since: number) {
    const balances = await within(clock, 1_000, accounts.afterCall(customer, since), null).catch(() => null)
    if (balances) request.note(balances)
  }
}

/** Returns the name to show on charges. A Next.js server action has no path, so it gets a fixed name. */
export const nameOfPath = (path: string) => path || 'unnamed procedure'

/**
 * Returns the error for a call with a key to a procedure without a path. Such procedures would share their keys, so
 * a key could return another procedure's result.
 */
const keyWithoutPath = () =>
  new SetupError(
    'This procedure has no path, so it cannot be used with a key. For a server action, set pathExtractor in experimental_caller(…), or call without a key.',
  )

/**
 * Throws if the call is already metered. tRPC's types can't prevent a procedure from using `metered` twice.
 * Each call to such a procedure fails, and nothing is charged.
 */
function assertMeteredOnce(getRawInput: () => Promise<unknown>, path: string) {
  if (meteredCalls.has(getRawInput)) {
    throw new SetupError(`${path} is metered twice. Name all its meters in one metered({ … }).`)
  }
  meteredCalls.add(getRawInput)
}
