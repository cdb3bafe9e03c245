import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import type { Alert } from '../contract/alerts.ts'
import type { BalancesAnswer, RefreshedBalances } from '../contract/balances.ts'
import type { Budget } from '../contract/budgets.ts'
import type { ChargeRow, UsageDay } from '../contract/charges.ts'
import type { Customer } from '../contract/customer.ts'
import { BudgetError, unavailable } from '../contract/errors.ts'
import type { PlanChange, PlanOffer } from '../contract/plans.ts'
import type { BillingStatement, ChangePreview } from '../contract/statement.ts'
import { maxAlerts } from '../customer/alerts.ts'
import { budgetInput } from '../customer/budgetInput.ts'
import { usageInput } from '../customer/usageInput.ts'
import { Reader, type WatchSession } from '../sessions/reader.ts'
import type { AppTrpc } from './appTrpc.ts'
import type { BillingRouter } from './billingProcedures.ts'
import { billingRequestOf } from './billingRequest.ts'
import { callKey } from './callKey.ts'
import { confirmSession } from './confirmSession.ts'
import type { TrpcServices } from './createTrpc.ts'
import type { Warnings } from './warnings.ts'

const nothing = z.object({}).optional()
const priceSlug = z.string().min(1).max(200)

interface Parts
  extends Pick<
    TrpcServices,
    | 'clock'
    | 'meters'
    | 'accounts'
    | 'plans'
    | 'budgets'
    | 'alerts'
    | 'watchers'
    | 'sessions'
    | 'denialCounts'
  > {
  app: AppTrpc
  warnings: Warnings
}

export const createBillingRouter =
  <Meter extends string, Dimension extends string>(
    {
      app,
      warnings,
      clock,
      meters,
      accounts,
      plans,
      budgets,
      alerts,
      watchers,
      sessions,
      denialCounts,
    }: Parts,
    {
      readCustomer,
      mayChangeBudgets,
    }: {
      readCustomer: (ctx: object) => Customer
      mayChangeBudgets: (ctx: object) => boolean | Promise<boolean>
    },
  ) =>
  (procedures: { protectedProcedure: object; publicProcedure: object }): BillingRouter<Meter, Dimension> => {
    const t = initTRPC.create()
    // These casts are safe, because `BillingTrpc` accepts only procedures whose context `customer` can read.
    const base = procedures.protectedProcedure as typeof t.procedure
    const publicProcedure = procedures.publicProcedure as typeof t.procedure
    app.inspect(base)
    const protectedProcedure = base.use(async ({ ctx, getRawInput, signal, path, type, next }) => {
      const call = { ctx, getRawInput, signal, isSubscription: type === 'subscription' }
      const request = billingRequestOf(ctx)
      if (!request && signal) warnings.missingRequest(path)
      await app.run(async () => {
        const { id } = readCustomer(ctx)
        await denialCounts.during({ customer: id, procedure: path }, async () =>
          request?.assertWanted(call, path, { isRead: type !== 'mutation' }),
        )
        await confirmSession(sessions, call, id)
      })
      const result = await next()
      if (!result.ok) denialCounts.note({ customer: readCustomer(ctx).id, procedure: path }, result.error)
      return result
    })

    const budgetProcedure = protectedProcedure.use(({ ctx, next }) =>
      app.run(async () => {
        if (!(await mayChangeBudgets(ctx)))
          throw new BudgetError("You aren't allowed to change budgets.", { isForbidden: true })
        return next()
      }),
    )

    /** Yields the stream's values until the reader leaves or the reader's session ends. */
    async function* pushed<T>(
      { ctx, signal, procedure }: { ctx: object; signal: AbortSignal | undefined; procedure: string },
      stream: (customer: Customer, left: AbortSignal) => AsyncIterable<T>,
    ): AsyncGenerator<T, void, undefined> {
      await app.check()
      const customer = readCustomer(ctx)
      const watchSession: WatchSession = (end) => sessions.watch(ctx, customer.id, end)
      const reader = new Reader({ request: signal, watchSession })
      reader.start()
      try {
        yield* stream(customer, reader.signal)
        if (reader.error) throw reader.error
      } catch (error) {
        denialCounts.note({ customer: customer.id, procedure }, error)
        throw app.toError(error)
      } finally {
        reader.close()
      }
    }

    return t.router({
      balances: protectedProcedure
        .input(nothing)
        .query(({ ctx }) =>
          app.run(async () => (await accounts.balances(readCustomer(ctx))) as BalancesAnswer<Meter>),
        ),

      onBalances: protectedProcedure.input(nothing).subscription(async function* ({ ctx, signal }) {
        // Without a snapshot, there are no balances to push, so deny the stream. The browser then reconnects,
        // which starts another fetch.
        const fetched = (balances: BalancesAnswer) => {
          if (balances.asOf === null) throw unavailable(1_000)
          return balances as BalancesAnswer<Meter>
        }
        yield* pushed({ ctx, signal, procedure: 'billing.onBalances' }, async function* (customer, left) {
          const arrive = async (ended: AbortSignal) => void fetched(await accounts.arrival(customer, ended))
          for await (const balances of watchers.watch(customer.id, left, arrive)) yield fetched(balances)
        })
      }),

      refresh: protectedProcedure
        .input(nothing)
        .mutation(({ ctx }) =>
          app.run(async () => (await accounts.refresh(readCustomer(ctx))) as RefreshedBalances<Meter>),
        ),

      usage: protectedProcedure
        .input(usageInput<Dimension>({ now: () => clock.now(), meters }))
        .query(({ ctx, input }) =>
          app.run(async () => {
            const { by: dimension, ...days } = input
            const query = { customer: readCustomer(ctx).id, ...days }
            const rows = dimension ? accounts.usageByValue({ ...query, dimension }) : accounts.usage(query)
            return (await rows) as UsageDay<Meter>[]
          }),
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
          app.run(async () => {
            const page = await accounts.charges({
              customer: readCustomer(ctx).id,
              limit: input.limit,
              cursor: input.cursor ?? null,
            })
            return {
              charges: page.charges.map(
                ({ flagged, ...charge }) => ({ ...charge, isLate: flagged === 'late' }) as ChargeRow<Meter>,
              ),
              nextCursor: page.cursor,
            }
          }),
        ),

      plans: publicProcedure
        .input(nothing)
        .query(() => app.run(async () => (await plans.offers()) as PlanOffer<Meter>[])),

      checkout: protectedProcedure
        .input(z.object({ priceSlug, quantity: z.number().int().min(1).max(1_000).default(1) }))
        .use(async ({ ctx, getRawInput, signal, next }) => {
          const call = { getRawInput, signal, isSubscription: false }
          return next({ ctx: { checkoutKey: await app.run(() => callKey(billingRequestOf(ctx), call)) } })
        })
        .mutation(({ ctx, input }) =>
          app.run(async () => {
            const { url, forfeits } = await plans.checkout(readCustomer(ctx), {
              ...input,
              key: ctx.checkoutKey,
            })
            return { url, forfeits }
          }),
        ),

      statement: protectedProcedure
        .input(nothing)
        .query(({ ctx }) =>
          app.run(async () => (await plans.statement(readCustomer(ctx))) as BillingStatement<Meter>),
        ),

      previewChange: protectedProcedure
        .input(z.object({ priceSlug }))
        .query(({ ctx, input }) =>
          app.run(async () => (await plans.previewChange(readCustomer(ctx), input)) as ChangePreview<Meter>),
        ),

      changePlan: protectedProcedure
        .input(z.object({ priceSlug }))
        .mutation(
          ({ ctx, input }): Promise<PlanChange> => app.run(() => plans.changePlan(readCustomer(ctx), input)),
        ),

      cancel: protectedProcedure
        .input(nothing)
        .mutation(({ ctx }): Promise<PlanChange> => app.run(() => plans.cancel(readCustomer(ctx)))),

      budgets: protectedProcedure
        .input(nothing)
        .query(({ ctx }) =>
          app.run(async () => ({ budgets: (await budgets.list(readCustomer(ctx))) as Budget<Meter>[] })),
        ),

      setBudget: budgetProcedure
        .input(budgetInput<Meter, Dimension>(meters))
        .mutation(({ ctx, input }) => app.run(() => budgets.set(readCustomer(ctx), input))),

      removeBudget: budgetProcedure
        .input(z.object({ id: z.string().min(1).max(512) }))
        .mutation(({ ctx, input }) =>
          app.run(async () => ({ removed: await budgets.remove(readCustomer(ctx), input.id) })),
        ),

      alerts: protectedProcedure
        .input(z.object({ limit: z.number().int().min(1).max(maxAlerts).optional() }).optional())
        .query(({ ctx, input }) =>
          app.run(async () => ({
            alerts: (await alerts.list(readCustomer(ctx), input)) as Alert<Meter>[],
          })),
        ),

      onAlerts: protectedProcedure
        .input(z.object({ after: z.number().int().min(0).optional() }).optional())
        .subscription(({ ctx, input, signal }) =>
          pushed({ ctx, signal, procedure: 'billing.onAlerts' }, (customer, left) => {
            const pushes = alerts.watch(customer, { after: input?.after, signal: left })
            return pushes as AsyncIterable<Alert<Meter>>
          }),
        ),

      resume: protectedProcedure
        .input(nothing)
        .mutation(({ ctx }): Promise<PlanChange> => app.run(() => plans.resume(readCustomer(ctx)))),
    })
  }
