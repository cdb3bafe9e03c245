import { initTRPC, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server'
import { z } from 'zod'
import type { BalancesAnswer, RefreshedBalances } from '../contract/balances.ts'
import type { ChargeRow, UsageDay } from '../contract/charges.ts'
import type { Customer } from '../contract/customer.ts'
import { unavailable } from '../contract/errors.ts'
import type { PlanChange, PlanOffer } from '../contract/plans.ts'
import type { TrpcServices } from './createTrpc.ts'
import { asTrpc } from './trpcErrors.ts'

/** A procedure builder without an input, for any context. */
type BaseProcedure<C, Meta, Overrides> = TRPCProcedureBuilder<
  C,
  Meta,
  Overrides,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false
>

const nothing = z.object({}).optional()
const priceSlug = z.string().min(1).max(200)

export const createBillingRouter = <Meter extends string, Ctx extends object>(
  { accounts, plans, watchers }: Pick<TrpcServices, 'accounts' | 'plans' | 'watchers'>,
  readCustomer: (ctx: object) => Customer,
) => {
  const t = initTRPC.context<Ctx>().create()

  /**
   * Returns a router to mount as `billing`: `billing: billing.trpc.router({ protectedProcedure, publicProcedure })`. It uses
   * the app's own procedures, so their sessions, limits and logs apply here too.
   */
  return <C extends object, Meta, Overrides extends object, PublicC, PublicOverrides>(app: {
    protectedProcedure: BaseProcedure<C, Meta, Overrides> &
      (Omit<C, keyof Overrides> & Overrides extends Ctx
        ? unknown
        : { context: 'lacks what `customer` reads' })
    publicProcedure: BaseProcedure<PublicC, Meta, PublicOverrides>
  }) => {
    // The parameter's type ensures that `customer` can read these procedures' context.
    const protectedProcedure = app.protectedProcedure as unknown as typeof t.procedure
    const publicProcedure = app.publicProcedure as unknown as typeof t.procedure

    return t.router({
      balances: protectedProcedure
        .input(nothing)
        .query(({ ctx }) =>
          asTrpc(async () => (await accounts.balances(readCustomer(ctx))) as BalancesAnswer<Meter>),
        ),

      /** Pushes the balances immediately and after each change. */
      onBalances: protectedProcedure.input(nothing).subscription(async function* ({ ctx, signal }) {
        const customer = readCustomer(ctx)
        await asTrpc(async () => {
          // Without a snapshot, there are no balances to push. After the denial, the browser reconnects,
          // which starts another fetch.
          if ((await accounts.arrival(customer, signal)).asOf === null) throw unavailable(1_000)
        })
        for await (const balances of watchers.watch(customer.id, () => accounts.read(customer), signal)) {
          yield balances as BalancesAnswer<Meter>
        }
      }),

      /**
       * Returns the balances after a fetch from Flowglad. Call it when a customer returns from the checkout.
       */
      refresh: protectedProcedure
        .input(nothing)
        .mutation(({ ctx }) =>
          asTrpc(async () => (await accounts.refresh(readCustomer(ctx))) as RefreshedBalances<Meter>),
        ),

      usage: protectedProcedure
        .input(z.object({ days: z.number().int().min(1).max(366).default(30) }).default({ days: 30 }))
        .query(({ ctx, input }) =>
          asTrpc(
            async () =>
              (await accounts.usage({
                customer: readCustomer(ctx).id,
                days: input.days,
              })) as UsageDay<Meter>[],
          ),
        ),

      charges: protectedProcedure
        .input(
          z
            .object({
              limit: z.number().int().min(1).max(200).default(50),
              cursor: z.string().max(500).nullish(),
            })
            .default({ limit: 50 }),
        )
        .query(({ ctx, input }) =>
          asTrpc(async () => {
            const page = await accounts.charges({
              customer: readCustomer(ctx).id,
              limit: input.limit,
              cursor: input.cursor ?? null,
            })
            return {
              charges: page.charges.map(({ flagged: _, ...charge }) => charge as ChargeRow<Meter>),
              nextCursor: page.cursor,
            }
          }),
        ),

      plans: publicProcedure
        .input(nothing)
        .query(() => asTrpc(async () => (await plans.offers()) as PlanOffer<Meter>[])),

      /**
       * Takes no redirect URLs: the checkout always returns to this app, whether the customer pays or
       * cancels.
       */
      checkout: protectedProcedure
        .input(z.object({ priceSlug, quantity: z.number().int().min(1).max(1_000).default(1) }))
        .mutation(({ ctx, input }) =>
          asTrpc(async () => {
            const { url } = await plans.checkout(readCustomer(ctx), input)
            return { url }
          }),
        ),

      changePlan: protectedProcedure
        .input(z.object({ priceSlug }))
        .mutation(
          ({ ctx, input }): Promise<PlanChange> => asTrpc(() => plans.changePlan(readCustomer(ctx), input)),
        ),

      cancel: protectedProcedure
        .input(nothing)
        .mutation(({ ctx }): Promise<PlanChange> => asTrpc(() => plans.cancel(readCustomer(ctx)))),

      resume: protectedProcedure
        .input(nothing)
        .mutation(({ ctx }): Promise<PlanChange> => asTrpc(() => plans.resume(readCustomer(ctx)))),
    })
  }
}
