import type { TRPCMiddlewareFunction, TRPCProcedureBuilder } from '@trpc/server'
import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { BalancesAnswer } from '../contract/balances.ts'
import { balancesHeader } from '../contract/balancesHeader.ts'
import type { Customer } from '../contract/customer.ts'
import type { MeterOf, Meters } from '../contract/meters.ts'
import type { Accounts } from '../customer/accounts.ts'
import type { Plans } from '../customer/plans.ts'
import type { Watchers } from '../customer/watchers.ts'
import type { MeterCost, MeteredLeg, Usage } from '../metering/cost.ts'
import type { Operation } from '../metering/operation.ts'
import { BillingRequest, billingRequestOf } from './billingRequest.ts'
import { createBillingRouter } from './billingRouter.ts'
import { type CallOptions, type MeteredMiddleware, meteredMiddleware } from './meteredMiddleware.ts'
import { asTrpc, formatErrorFor } from './trpcErrors.ts'

/** The services that the tRPC adapter uses. */
export interface TrpcServices {
  meters: Meters
  options: BillingOptions
  clock: Clock
  logger: Logger
  operation: Operation
  accounts: Accounts
  plans: Plans
  watchers: Watchers
}

type HttpHeaders = Headers | Record<string, string | string[] | undefined>

/**
 * Creates the parts that a tRPC app uses: middlewares, the billing router, the error formatter, and
 * the request context.
 */
export function createTrpc<M extends Meters, Ctx extends object>(
  services: TrpcServices,
  customer: (ctx: Ctx) => Customer,
) {
  type Meter = MeterOf<M>
  // The parameter is `object`, because a middleware typed with `Ctx` would fit only procedures whose context
  // is a `Ctx`. TypeScript can't simplify tRPC's types while `Ctx` is a type parameter.
  const readCustomer = (ctx: object) => customer(ctx as Ctx)

  /**
   * Meters a procedure. The units are reserved before the resolver runs, charged if it succeeds, and returned
   * if it fails. Put the middleware after `.input()`, because a cost reads the parsed input. Put it before
   * `.output()`, because a result that fails validation must not be charged.
   *
   * For one meter, call `metered('generations', { cost: ({ input }) => input.count })`. The resolver can
   * count usage with `ctx.usage.add(1)`. For several meters, all or nothing, call
   * `metered({ generations: { cost: 1 }, tokens: { hold, cost } })`. The resolver can then count with
   * `ctx.usage.tokens.add(1)`.
   */
  function metered<Input>(
    meter: Meter,
    options?: MeterCost<Input> & CallOptions<Input>,
  ): MeteredMiddleware<Ctx, Usage, Input>
  function metered<Input, Metered extends Meter>(
    costs: { [Slug in Metered]: MeterCost<Input> },
    options?: CallOptions<Input>,
  ): MeteredMiddleware<Ctx, Record<Metered, Usage>, Input>
  function metered<Input, Metered extends Meter>(
    meters: Meter | { [Slug in Metered]: MeterCost<Input> },
    options: MeterCost<Input> & CallOptions<Input> = {},
  ): MeteredMiddleware<Ctx, Usage, Input> | MeteredMiddleware<Ctx, Record<Metered, Usage>, Input> {
    if (typeof meters === 'string') {
      return meteredMiddleware<Ctx, Usage, Input>(services, {
        readCustomer,
        costs: [[known(meters), options]],
        usageOf: firstUsage,
        call: options,
      })
    }
    const costs = Object.entries<MeterCost<Input> | undefined>(meters).map(
      ([meter, cost]): [string, MeterCost<Input>] => [known(meter), cost ?? {}],
    )
    if (costs.length === 0) throw new TypeError('metered({ … }) needs at least one meter')
    return meteredMiddleware<Ctx, Record<Metered, Usage>, Input>(services, {
      readCustomer,
      costs,
      usageOf: usageByMeter<Metered>,
      call: options,
    })
  }

  const known = (meter: string) => {
    if (Object.hasOwn(services.meters, meter)) return meter
    throw new TypeError(`There is no meter "${meter}". Add it to defineMeters.`)
  }

  return {
    metered,

    /**
     * Returns a procedure that costs a fixed number of units (default 1):
     * `meteredProcedure(protectedProcedure)('api_calls', 2)`.
     */
    meteredProcedure:
      <C extends object, Meta, Overrides extends object, InputIn, InputOut, OutputIn, OutputOut>(
        base: TRPCProcedureBuilder<C, Meta, Overrides, InputIn, InputOut, OutputIn, OutputOut, false> &
          (Omit<C, keyof Overrides> & Overrides extends Ctx
            ? unknown
            : { context: 'lacks what `customer` reads' }),
      ) =>
      (meter: Meter, amount = 1) => {
        const procedure: TRPCProcedureBuilder<
          C,
          Meta,
          Overrides,
          InputIn,
          InputOut,
          OutputIn,
          OutputOut,
          false
        > = base
        return procedure.use<{ usage: Usage }>(
          // The parameter's type ensures that `customer` can read the context.
          metered<InputOut>(meter, { cost: amount }) as unknown as TRPCMiddlewareFunction<
            C,
            Meta,
            Overrides,
            { usage: Usage },
            InputOut
          >,
        )
      },

    /**
     * Denies a call with `FEATURE_NOT_INCLUDED` (403) unless the customer's plan has the toggle feature.
     * Fetches the plan again before it denies the call.
     */
    requireFeature:
      <Input>(feature: string): TRPCMiddlewareFunction<Ctx, unknown, object, object, Input> =>
      async ({ ctx, next }) => {
        await asTrpc(() => services.accounts.requireFeature(readCustomer(ctx), feature))
        return next({ ctx: {} })
      },

    /** Returns the app's `billing` router: balances, usage, charges, plans and plan changes. */
    router: createBillingRouter<Meter, Ctx>(services, readCustomer),

    /**
     * Returns an error's denial as `{ billing }`. Spread the result into `data` in the app's
     * `errorFormatter`, to get a typed `error.data.billing`.
     */
    formatError: formatErrorFor<Meter>(),

    /**
     * Returns the request's idempotency keys, and whether the client can read streams. Spread the result into
     * the context in `createContext`.
     */
    request({
      req,
      info,
    }: {
      req: { headers: HttpHeaders }
      info?: { accept: string | null; calls: readonly unknown[] }
    }): { billingRequest: BillingRequest } {
      const header = services.options.keyHeader
      const value =
        req.headers instanceof Headers ? req.headers.get(header) : req.headers[header.toLowerCase()]
      return {
        billingRequest: new BillingRequest({
          keys: Array.isArray(value) ? value.join() : (value ?? null),
          calls: info?.calls.length ?? 1,
          streams: info?.accept === 'application/jsonl',
          header,
        }),
      }
    },

    /** Adds the new balances to the headers of plain responses. Call it in the adapter's `responseMeta`. */
    responseMeta({ ctx }: { ctx?: object | undefined }): { headers?: Record<string, string> } {
      const balances: BalancesAnswer | null = (ctx && billingRequestOf(ctx)?.balances) ?? null
      const header = balances && asciiJson(balances)
      // Proxies can reject responses with longer headers.
      return header && header.length <= 6_000 ? { headers: { [balancesHeader]: header } } : {}
    },
  }
}

const firstUsage = ([leg]: MeteredLeg[]): Usage => {
  if (!leg) throw new Error('A metered call has no meter')
  return leg.usage
}
/** The cast is safe: there is one leg per named meter, so the record has every meter. */
const usageByMeter = <Meter extends string>(legs: MeteredLeg[]) =>
  Object.fromEntries<Usage>(legs.map(({ meter, usage }) => [meter, usage])) as Record<Meter, Usage>

/**
 * Escapes all characters outside ASCII. Header values must be ASCII, but plan and meter names can contain any
 * character.
 */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
