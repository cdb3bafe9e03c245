import { initTRPC, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server'
import { z } from 'zod'
import type {
  BalancesAnswer,
  ChargeRow,
  PlanChange,
  PlanOffer,
  RefreshedBalances,
  UsageDay,
} from '../contract/balances.ts'
import type { Customer } from '../contract/customer.ts'
import { unavailable } from '../contract/errors.ts'
import type { Service } from '../service.ts'
import { asTrpc } from './trpcErrors.ts'

/** A procedure builder without input yet, whatever its app's context. */
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
  service: Service,
  readCustomer: (ctx: object) => Customer,
) => {
  const { accounts, plans, live } = service
  const t = initTRPC.context<Ctx>().create()

  /**
   * Mounted as `billing` in the app's router: `billing: billing.trpc.router({ protectedProcedure, publicProcedure })`. Your own procedures, so that what
   * holds for every call of the app (sessions, limits, logs) holds for these.
   */
  return <C extends object, Meta, Overrides extends object, PublicC, PublicOverrides>(app: {
    protectedProcedure: BaseProcedure<C, Meta, Overrides> &
      (Omit<C, keyof Overrides> & Overrides extends Ctx
        ? unknown
        : { context: 'lacks what `customer` reads' })
    publicProcedure: BaseProcedure<PublicC, Meta, PublicOverrides>
  }) => {
    // The parameter's type has just checked that these procedures' context is one that `customer` can read.
    const protectedProcedure = app.protectedProcedure as unknown as typeof t.procedure
    const publicProcedure = app.publicProcedure as unknown as typeof t.procedure

    return t.router({
      balances: protectedProcedure
        .input(nothing)
        .query(({ ctx }) =>
          asTrpc(async () => (await accounts.balances(readCustomer(ctx))) as BalancesAnswer<Meter>),
        ),

      /** The same, pushed: now, and whenever something changed it. */
      onBalances: protectedProcedure.input(nothing).subscription(async function* ({ ctx, signal }) {
        const customer = readCustomer(ctx)
        await asTrpc(async () => {
          // A stream of nothing would stay silent: refused, the browser comes again, and each time is another look at Flowglad's books.
          if ((await accounts.arrival(customer, signal)).asOf === null) throw unavailable(1_000)
        })
        for await (const balances of live.watch(customer.id, () => accounts.read(customer), signal)) {
          yield balances as BalancesAnswer<Meter>
        }
      }),

      /** After a look at Flowglad's books, for somebody who returns from the checkout. */
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

      /** Takes no redirect: both ways out of the checkout lead back to this app. */
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
