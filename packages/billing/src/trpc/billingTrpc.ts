import type { TRPCError } from '@trpc/server'
import type { Denial } from '../contract/denials.ts'
import type { Labels, OnlyNames } from '../contract/dimensions.ts'
import type { DimensionOf, MeterOf, Meters } from '../contract/meters.ts'
import type { RequestSource } from '../http/requestSource.ts'
import type { MeterCost, Usage } from '../metering/cost.ts'
import type { ResponseParts } from './balancesMeta.ts'
import type { BillingRouter } from './billingProcedures.ts'
import type { BillingRequest, RequestInfo } from './billingRequest.ts'
import type { MiddlewareFunction, Overwrite, ProcedureBuilder, UnsetMarker } from './coreTypes.ts'
import type { OptionsWithDenials, OwnOptions } from './errorOptions.ts'
import type { CallOptions, MeteredMiddleware } from './meteredMiddleware.ts'

/** A procedure builder without an input, for any context. */
type BaseProcedure<C, Meta, Overrides> = ProcedureBuilder<
  C,
  Meta,
  Overrides,
  UnsetMarker,
  UnsetMarker,
  UnsetMarker,
  UnsetMarker,
  false
>

/** Rejects procedures whose context lacks the fields that `customer` reads. */
type HasContext<C, Overrides, Ctx> = Omit<C, keyof Overrides> & Overrides extends Ctx
  ? unknown
  : { context: 'lacks the fields that `customer` reads' }

/** The parts that a tRPC app uses: middlewares, the billing router, options, and the request context. */
export interface BillingTrpc<M extends Meters = Meters, Ctx extends object = object> {
  /**
   * Meters a procedure. The units are reserved before the resolver runs, charged if it succeeds, and returned
   * if it fails. Put the middleware after `.input()`, because `cost` receives the parsed input. Put the
   * middleware before `.output()`, because a result that fails validation must not be charged.
   *
   * For one meter, call `metered('generations', { cost: ({ input }) => input.count })`. The resolver can
   * count usage with `ctx.usage.add(1)`, or replace the count with `ctx.usage.set(5)`. To reserve units on
   * several meters at once (all or none), call
   * `metered({ generations: { cost: 1 }, tokens: { hold, cost } })`. The resolver can then count usage with
   * `ctx.usage.tokens.add(1)`.
   */
  metered: {
    <
      Input,
      Metered extends MeterOf<M> = MeterOf<M>,
      Given extends Labels<DimensionOf<M, Metered>> = Labels<DimensionOf<M, Metered>>,
    >(
      meter: Metered,
      options?: MeterCost<Input> & CallOptions<Input, Ctx, Given & OnlyNames<Given, DimensionOf<M, Metered>>>,
    ): MeteredMiddleware<Ctx, Usage, Input>
    <
      Input,
      Metered extends MeterOf<M>,
      Given extends Labels<DimensionOf<M, Metered>> = Labels<DimensionOf<M, Metered>>,
    >(
      costs: { [Slug in Metered]: MeterCost<Input> },
      options?: CallOptions<Input, Ctx, Given & OnlyNames<Given, DimensionOf<M, Metered>>>,
    ): MeteredMiddleware<Ctx, Record<Metered, Usage>, Input>
  }

  /**
   * Returns a function that creates procedures with a fixed cost (default: 1 unit):
   * `meteredProcedure(protectedProcedure)('api_calls', 2)`.
   */
  meteredProcedure<C extends object, Meta, Overrides extends object, InputIn, InputOut, OutputIn, OutputOut>(
    base: ProcedureBuilder<C, Meta, Overrides, InputIn, InputOut, OutputIn, OutputOut, false> &
      HasContext<C, Overrides, Ctx>,
  ): (
    meter: MeterOf<M>,
    amount?: number,
  ) => ProcedureBuilder<
    C,
    Meta,
    Overwrite<Overrides, { usage: Usage }>,
    InputIn,
    InputOut,
    OutputIn,
    OutputOut,
    false
  >

  /**
   * Denies a call unless the customer's plan includes the toggle feature, usually with `FEATURE_NOT_INCLUDED`
   * (403). Fetches the plan again before denying the call.
   */
  requireFeature<Input>(feature: string): MiddlewareFunction<Ctx, unknown, object, object, Input>

  /**
   * Ends a stream when its session ends, and denies calls over a WebSocket after its session has ended.
   * Metered procedures and the billing router already check sessions. Add this middleware to your other
   * procedures: `protectedProcedure.use(billing.trpc.checkSession())`.
   */
  checkSession<Input>(): MiddlewareFunction<Ctx, unknown, object, object, Input>

  /**
   * Returns a router to mount as `billing`. The router serves balances, usage, charges, plans and plan
   * changes. Its procedures are based on the app's own procedures, so their sessions, limits and logs also
   * apply to the router.
   */
  router<C extends object, Meta, Overrides extends object, PublicC, PublicOverrides>(procedures: {
    protectedProcedure: BaseProcedure<C, Meta, Overrides> & HasContext<C, Overrides, Ctx>
    publicProcedure: BaseProcedure<PublicC, Meta, PublicOverrides>
  }): BillingRouter<MeterOf<M>, DimensionOf<M>>

  /**
   * Returns the options for `initTRPC.create`: the app's own options, and an `errorFormatter` that adds a
   * typed `error.data.billing`. The app's own `errorFormatter` runs first.
   *
   * ```ts
   * const t = initTRPC.context<Context>().create(billing.trpc.options({ transformer: superjson }))
   * ```
   */
  options<Own extends OwnOptions>(own?: Own): OptionsWithDenials<Own, MeterOf<M>>

  /**
   * Returns an error's denial as `{ billing }`. `options` calls this function for you. If you don't use
   * `options`, call `formatError` in your `errorFormatter`, and spread the result into `data`.
   */
  formatError(failure: { error: TRPCError }): { billing: Denial<MeterOf<M>> | null }

  /**
   * Reads the request's idempotency keys, whether the client can read streams, and whether a page on a foreign
   * origin sent the request. Spread the result into the object that `createContext` returns. If you
   * pass all of `createContext`'s options, the response also carries the new balances. Without `info`, a
   * batch's keys can't be matched to its calls.
   */
  request(
    source: ResponseParts & {
      req: RequestSource
      info?: RequestInfo | undefined
    },
  ): { billingRequest: BillingRequest }

  /**
   * Returns the new balances as headers for the adapter's `responseMeta`. You need this function only if you
   * pass neither `res` nor `resHeaders` to `request`.
   */
  responseMeta(response: { ctx?: object | undefined }): { headers?: Record<string, string> }
}
