import { createBilling, defineMeters } from '@metered/billing'
import { sqliteLedger } from '@metered/billing/sqlite'
import { initTRPC, TRPCError } from '@trpc/server'
import { z } from 'zod'

// Every export has an inferred type. With `declaration: true`, TypeScript must be able to import each type from a
// published entry point.

export interface Context {
  user: { id: string; name: string; email: string } | null
}

export const meters = defineMeters({ generations: { unlimitedBy: 'unlimited' }, tokens: {} })

export const billing = createBilling({
  meters,
  ledger: sqliteLedger('billing.db'),
  flowglad: { secretKey: 'sk_test' },
  customer: (ctx: { user: NonNullable<Context['user']> }) => ctx.user,
})

const t = initTRPC.context<Context>().create(billing.trpc.options())

export const publicProcedure = t.procedure
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
export const meteredProcedure = billing.trpc.meteredProcedure(protectedProcedure)
export const { metered } = billing.trpc

export const appRouter = t.router({
  billing: billing.trpc.router({ protectedProcedure, publicProcedure }),
  ping: meteredProcedure('generations').mutation(() => 'pong'),
  write: protectedProcedure
    .input(z.object({ maxTokens: z.number().int() }))
    .use(metered('tokens', { hold: ({ input }) => input.maxTokens, cost: ({ usage }) => usage.total }))
    .mutation(async function* ({ ctx }) {
      ctx.usage.add(1)
      yield 'word'
    }),
  both: protectedProcedure
    .use(metered({ generations: { cost: 1 }, tokens: { cost: 2 } }))
    .mutation(({ ctx }) => ctx.usage.tokens.add(1)),
  feature: protectedProcedure.use(billing.trpc.requireFeature('hd')).query(() => 'allowed'),
})
export type AppRouter = typeof appRouter

export const createContext = billing.trpc.request
export const job = billing.meter(
  { customer: { id: 'ada', name: 'Ada', email: 'ada@example.com' }, meter: 'tokens', amount: 2, key: 'job' },
  () => 'done',
)
export const balances = billing.balances
export const handle = billing.handle
