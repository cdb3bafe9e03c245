import type { TRPCMiddlewareFunction, TRPCProcedureBuilder } from '@trpc/server'
import type { BalancesAnswer } from '../contract/balances.ts'
import { balancesHeader } from '../contract/balancesHeader.ts'
import type { Customer } from '../contract/customer.ts'
import type { MeterOf, Meters } from '../contract/meters.ts'
import type { MeterCost, SpendLeg, Usage } from '../metering/cost.ts'
import type { Service } from '../service.ts'
import { BillingRequest, billingRequestOf } from './billingRequest.ts'
import { createBillingRouter } from './billingRouter.ts'
import { type CallOptions, type MeteredMiddleware, meteredMiddleware } from './meteredMiddleware.ts'
import { asTrpc, formatErrorFor } from './trpcErrors.ts'

type HttpHeaders = Headers | Record<string, string | string[] | undefined>

export function createTrpc<M extends Meters, Ctx extends object>(
  service: Service,
  customer: (ctx: Ctx) => Customer,
) {
  type Meter = MeterOf<M>
  // Middlewares typed by Ctx fit only procedures whose context is one; tRPC's own type of it cannot be reduced while Ctx is abstract.
  const readCustomer = (ctx: object) => customer(ctx as Ctx)

  /**
   * Meters a procedure: after `.input()`, since a cost reads parsed input, and before `.output()`, since a value that fails validation must not be charged.
   * The units are held before the resolver runs, charged when it succeeds and given back when it fails.
   *
   * One meter: `metered('generations', { cost: ({ input }) => input.count })`; the resolver counts with `ctx.usage.add(1)`.
   * Several, all or nothing: `metered({ generations: { cost: 1 }, tokens: { hold, cost } })`; then `ctx.usage.tokens.add(1)`.
   */
  function metered<Input>(
    meter: Meter,
    options?: MeterCost<Input> & CallOptions<Input>,
  ): MeteredMiddleware<Ctx, Usage, Input>
  function metered<Input, Spent extends Meter>(
    spends: { [Slug in Spent]: MeterCost<Input> },
    options?: CallOptions<Input>,
  ): MeteredMiddleware<Ctx, Record<Spent, Usage>, Input>
  function metered<Input, Spent extends Meter>(
    spent: Meter | { [Slug in Spent]: MeterCost<Input> },
    options: MeterCost<Input> & CallOptions<Input> = {},
  ): MeteredMiddleware<Ctx, Usage, Input> | MeteredMiddleware<Ctx, Record<Spent, Usage>, Input> {
    if (typeof spent === 'string') {
      return meteredMiddleware<Ctx, Usage, Input>(
        service,
        readCustomer,
        [[known(spent), options]],
        firstUsage,
        options,
      )
    }
    const spends = Object.entries<MeterCost<Input> | undefined>(spent).map(
      ([meter, cost]): [string, MeterCost<Input>] => [known(meter), cost ?? {}],
    )
    if (spends.length === 0) throw new TypeError('metered({ … }) names no meter')
    return meteredMiddleware<Ctx, Record<Spent, Usage>, Input>(
      service,
      readCustomer,
      spends,
      usageByMeter<Spent>,
      options,
    )
  }

  const known = (meter: string) => {
    if (!Object.hasOwn(service.meters, meter)) throw new TypeError(`There is no meter "${meter}"`)
    return meter
  }

  return {
    metered,

    /** `meteredProcedure(protectedProcedure)('api_calls')`: a procedure that costs a fixed number of units, 1 unless told. */
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
          // The parameter's type has just checked that the context is one that `customer` can read.
          metered<InputOut>(meter, { cost: amount }) as unknown as TRPCMiddlewareFunction<
            C,
            Meta,
            Overrides,
            { usage: Usage },
            InputOut
          >,
        )
      },

    /** Lets a call through only when the customer's plan has the toggle feature; otherwise FEATURE_NOT_INCLUDED (403), after a fresh look. */
    requireFeature:
      <Input>(feature: string): TRPCMiddlewareFunction<Ctx, unknown, object, object, Input> =>
      async ({ ctx, next }) => {
        await asTrpc(() => service.accounts.requireFeature(readCustomer(ctx), feature))
        return next({ ctx: {} })
      },

    /** The app's `billing` router: balances, usage, charges, plans and their changes. */
    router: createBillingRouter<Meter, Ctx>(service, readCustomer),

    /** Spread into `data` by the app's `errorFormatter`; types `error.data.billing`. */
    formatError: formatErrorFor<Meter>(),

    /** Spread into what `createContext` returns: hands on the idempotency keys and whether the client reads streams. */
    request({
      req,
      info,
    }: {
      req: { headers: HttpHeaders }
      info?: { accept: string | null; calls: readonly unknown[] }
    }): { billingRequest: BillingRequest } {
      const header = service.options.keyHeader
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

    /** For the adapter's `responseMeta`: sends the new balances along, in a header of plain responses. */
    responseMeta({ ctx }: { ctx?: object | undefined }): { headers?: Record<string, string> } {
      const balances: BalancesAnswer | null = (ctx && billingRequestOf(ctx)?.balances) ?? null
      const header = balances && asciiJson(balances)
      // Beyond this, proxies on the way may refuse the whole response.
      return header && header.length <= 6_000 ? { headers: { [balancesHeader]: header } } : {}
    },
  }
}

const firstUsage = ([leg]: SpendLeg[]): Usage => {
  if (!leg) throw new Error('A metered call without a meter')
  return leg.usage
}
/** There is a leg for each meter that was named, so the record is whole. */
const usageByMeter = <Meter extends string>(legs: SpendLeg[]) =>
  Object.fromEntries<Usage>(legs.map(({ meter, usage }) => [meter, usage])) as Record<Meter, Usage>

/** Header values are bytes; names of plans and meters are anything. */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
