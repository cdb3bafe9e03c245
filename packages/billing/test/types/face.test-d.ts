import type { IncomingMessage } from 'node:http'
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { initTRPC, TRPCError } from '@trpc/server'
import type { FastifyRequest } from 'fastify'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { type BalancesAnswer, billingLinks } from '../../src/client/index.ts'
import {
  type Act,
  actChanges,
  type BillingSetup,
  type Budget,
  type BudgetInput,
  type CustomerReport,
  createBilling,
  type Denial,
  type DimensionOf,
  defineMeters,
  type Forfeit,
  type Meters,
  type Operator,
  type Refusal,
  type RequestSource,
  type Usage,
  type UsageDay,
  type UsageRange,
} from '../../src/index.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'

declare const ledger: Ledger

const meters = defineMeters({
  generations: { unlimitedBy: 'unlimited_generations', dimensions: { feature: 20 } },
  tokens: { onExpiry: 'release', holdTtlMs: 120_000, dimensions: { member: 1_000, model: 50 } },
  api_calls: { overage: { withFeature: 'api_overage' }, recordableByClient: true },
})
type Meter = keyof typeof meters

interface User {
  id: string
  name: string
  email: string
}
const customer = (ctx: { user: User }) => ctx.user
const makeBilling = () =>
  createBilling({
    meters,
    ledger,
    flowglad: { secretKey: 'sk' },
    customer,
    mayChangeBudgets: (ctx) => ctx.user.id === 'owner',
    publicUrl: 'http://localhost',
    trustedOrigins: ['https://app.example'] as const,
  })
declare const billing: ReturnType<typeof makeBilling>

const t = initTRPC.context<{ user: User | null; requestId: string }>().create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, ...billing.trpc.formatError({ error }) },
  }),
})
const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
const { metered, requireFeature } = billing.trpc
const meteredProcedure = billing.trpc.meteredProcedure(protectedProcedure)
const counted = protectedProcedure.input(z.object({ count: z.number() }))

const appRouter = t.router({
  billing: billing.trpc.router({ protectedProcedure, publicProcedure: t.procedure }),
  ping: meteredProcedure('api_calls').mutation(({ ctx }) => {
    expectTypeOf(ctx.user).toEqualTypeOf<User>()
    expectTypeOf(ctx.usage).toEqualTypeOf<Usage>()
    expectTypeOf(ctx.requestId).toEqualTypeOf<string>()
    return 'pong' as const
  }),
  later: meteredProcedure('api_calls', 2)
    .input(z.object({ term: z.string() }))
    .mutation(({ input }) => input.term),
  generate: counted
    .use(metered('generations', { cost: ({ input }) => input.count }))
    .mutation(({ input, ctx }) => ({ id: ctx.user.id, n: input.count })),
  hd: counted
    .use(requireFeature('hd'))
    .use(metered('generations', { cost: ({ input }) => input.count, reference: () => 'x', requireKey: true }))
    .mutation(({ input }) => input.count),
  write: protectedProcedure
    .input(z.object({ prompt: z.string(), maxTokens: z.number() }))
    .use(
      metered('tokens', {
        hold: ({ input }) => input.maxTokens,
        cost: ({ usage }) => usage.total,
        dimensions: ({ ctx, input }) => ({ member: ctx.user.id, model: input.prompt }),
      }),
    )
    .mutation(async function* ({ input, ctx }) {
      ctx.usage.add(1)
      yield input.prompt
      ctx.usage.set(2)
    }),
  both: counted
    .use(
      metered(
        {
          generations: { cost: ({ input }) => input.count },
          tokens: { hold: 10, cost: ({ usage }) => usage.total },
        },
        { dimensions: ({ ctx }) => ({ member: ctx.user.id, feature: 'both', model: undefined }) },
      ),
    )
    .mutation(({ ctx }) => {
      expectTypeOf(ctx.usage).toEqualTypeOf<Record<'generations' | 'tokens', Usage>>()
      return ctx.usage.tokens.total
    }),
  parsed: protectedProcedure
    .input(z.object({ depth: z.string().transform(Number).default(2) }))
    .use(metered('api_calls', { cost: ({ input }) => input.depth, key: ({ input }) => String(input.depth) }))
    .output(z.string())
    .mutation(({ input }) => String(input.depth)),
})
type AppRouter = typeof appRouter
const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '' })] })

test('accepts a number of days or a range of days, but not both', () => {
  type Input = inferRouterInputs<AppRouter>['billing']['usage']
  expectTypeOf<UsageRange | undefined>().toExtend<Input>()
  expectTypeOf<{ days: number; from: string }>().not.toExtend<Input>()
})

test('keeps slugs as literal types from the definition to the browser', () => {
  type Outputs = inferRouterOutputs<AppRouter>
  expectTypeOf<Outputs['billing']['balances']>().toEqualTypeOf<BalancesAnswer<Meter>>()
  expectTypeOf(client.billing.balances.query).returns.resolves.toEqualTypeOf<BalancesAnswer<Meter>>()
  expectTypeOf(client.billing.checkout.mutate).returns.resolves.toEqualTypeOf<{
    url: string
    forfeits: Forfeit[]
  }>()
  expectTypeOf(client.billing.usage.query).returns.resolves.toEqualTypeOf<UsageDay<Meter>[]>()
  expectTypeOf(client.billing.budgets.query).returns.resolves.toEqualTypeOf<{ budgets: Budget<Meter>[] }>()
  expectTypeOf(client.billing.setBudget.mutate)
    .parameter(0)
    .toEqualTypeOf<BudgetInput<Meter, 'member' | 'model' | 'feature'>>()
  expectTypeOf(client.generate.mutate).returns.resolves.toEqualTypeOf<{ id: string; n: number }>()
  expectTypeOf(client.ping.mutate).returns.resolves.toEqualTypeOf<'pong'>()
})

test('keeps the names of dimensions as literal types from the definition to the browser', () => {
  type Dimension = 'member' | 'model' | 'feature'
  expectTypeOf<DimensionOf<typeof meters>>().toEqualTypeOf<Dimension>()
  expectTypeOf<DimensionOf<typeof meters, 'tokens'>>().toEqualTypeOf<'member' | 'model'>()
  expectTypeOf<DimensionOf<typeof meters, 'api_calls'>>().toEqualTypeOf<never>()
  expectTypeOf<DimensionOf<Meters>>().toEqualTypeOf<string>()
  type Input = Extract<Parameters<typeof client.billing.usage.query>[0], object>
  expectTypeOf<Input['by']>().toEqualTypeOf<Dimension | undefined>()
  expectTypeOf(client.billing.usage.query).returns.resolves.toEqualTypeOf<UsageDay<Meter>[]>()
})

test('gives a cost callback no input fields if the procedure declares no input', () => {
  protectedProcedure.use(
    metered('generations', {
      cost: ({ input }) => {
        expectTypeOf(input).not.toHaveProperty('count')
        return 1
      },
    }),
  )
})

test('types the denials in error.data.billing', () => {
  const error = new TRPCClientError<AppRouter>('')
  const denial = error.data?.billing
  if (denial?.code === 'INSUFFICIENT_CREDITS') {
    expectTypeOf(denial.meter).toEqualTypeOf<Meter>()
    expectTypeOf(denial.required).toEqualTypeOf<number>()
    // @ts-expect-error a denial has no such field
    denial.nope
  }
})

test('types the denial for a page on a foreign origin', () => {
  expectTypeOf<BillingSetup<typeof meters, object>['trustedOrigins']>().toEqualTypeOf<
    readonly string[] | undefined
  >()
  const denial = new TRPCClientError<AppRouter>('').data?.billing
  if (denial?.code === 'FOREIGN_ORIGIN') expectTypeOf(denial.origin).toEqualTypeOf<string | null>()
  expectTypeOf(billing.assertTrustedOrigin).parameter(0).toEqualTypeOf<RequestSource>()
  expectTypeOf<Request>().toExtend<RequestSource>()
  expectTypeOf<IncomingMessage>().toExtend<RequestSource>()
  expectTypeOf<FastifyRequest>().toExtend<RequestSource>()
})

test("adds the denial's type to the types of the app's own options", () => {
  const transformer = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value }
  const own = initTRPC.context<{ requestId: string }>().create(
    billing.trpc.options({
      transformer,
      errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, requestId: 'r' } }),
    }),
  )
  const router = own.router({
    now: own.procedure.query(({ ctx }) => ({ at: new Date(), id: ctx.requestId })),
  })
  const error = new TRPCClientError<typeof router>('')
  expectTypeOf(error.data?.requestId).toEqualTypeOf<string | undefined>()
  expectTypeOf(error.data?.httpStatus).toEqualTypeOf<number | undefined>()
  expectTypeOf(error.data?.billing).toEqualTypeOf<Denial<Meter> | null | undefined>()
  // With a transformer, the client gets a Date.
  const dates = createTRPCClient<typeof router>({ links: [httpBatchLink({ url: '', transformer })] })
  expectTypeOf(dates.now.query).returns.resolves.toEqualTypeOf<{ at: Date; id: string }>()
  createTRPCClient<typeof router>({ links: billingLinks({ url: '', transformer }) })
  createTRPCClient<AppRouter>({ links: billingLinks({ url: '' }) })
  // @ts-expect-error the links need the server's transformer
  createTRPCClient<typeof router>({ links: billingLinks({ url: '' }) })
  // @ts-expect-error this server has no transformer
  createTRPCClient<AppRouter>({ links: billingLinks({ url: '', transformer }) })
  // @ts-expect-error the link needs the server's transformer
  httpBatchLink<typeof router>({ url: '' })
  // @ts-expect-error tRPC has no such option
  billing.trpc.options({ transformers: transformer })
})

test('types operators’ acts and the results of acts', () => {
  expectTypeOf(billing.operator).toEqualTypeOf<Operator>()
  expectTypeOf(billing.operator.customer).returns.resolves.toEqualTypeOf<CustomerReport | null>()
  type Command = Parameters<Operator['act']>[0]
  expectTypeOf<Command['act']['type']>().toEqualTypeOf<'adjust' | 'refund' | 'release' | 'retry' | 'drop'>()
  type Answer = Awaited<ReturnType<Operator['act']>>
  expectTypeOf<Extract<Answer, { state: 'refused' }>['why']>().toEqualTypeOf<Refusal>()
  expectTypeOf<Extract<Answer, { act: unknown }>['act']>().toEqualTypeOf<Act>()
  expectTypeOf(actChanges).parameter(0).toExtend<Pick<Act, 'before' | 'after'>>()
})

const someone = { id: '', name: '', email: '' }

/**
 * Mistakes for which TypeScript must report an error. If a line compiles, the type check fails. The comment above the
 * line names the mistake.
 */
export const mustNotCompile = () => [
  // @ts-expect-error no such meter
  meteredProcedure('generation'),
  // @ts-expect-error no such meter
  counted.use(metered('generation', { cost: ({ input }) => input.count })),
  // @ts-expect-error the cost reads a field that the input doesn't have
  counted.use(metered('generations', { cost: ({ input }) => input.amount })),
  // @ts-expect-error the cost isn't a number
  counted.use(metered('generations', { cost: () => 'one' })),
  // @ts-expect-error the hold has no cost
  counted.use(metered('generations', { hold: 5 })),
  // @ts-expect-error a public procedure has no user
  t.procedure.use(metered('generations')),
  // @ts-expect-error a public procedure has no user
  t.procedure.use(requireFeature('hd')),
  // @ts-expect-error a public procedure has no user
  billing.trpc.meteredProcedure(t.procedure),
  // @ts-expect-error a public procedure has no user
  billing.trpc.router({ protectedProcedure: t.procedure, publicProcedure: t.procedure }),
  // @ts-expect-error the second meter is unknown
  counted.use(metered({ generations: { cost: 1 }, nope: { cost: 1 } })),
  // @ts-expect-error no such dimension
  counted.use(metered('tokens', { dimensions: () => ({ models: 'small' }) })),
  // @ts-expect-error no such dimension, beside a known one
  counted.use(metered('tokens', { dimensions: () => ({ model: 'small', feature: 'x' }) })),
  // @ts-expect-error the meter has no dimensions
  counted.use(metered('api_calls', { dimensions: () => ({ model: 'small' }) })),
  // @ts-expect-error none of the meters has this dimension
  counted.use(metered({ tokens: { cost: 1 } }, { dimensions: () => ({ feature: 'x' }) })),
  // @ts-expect-error the label isn't a text
  counted.use(metered('tokens', { dimensions: ({ input }) => ({ model: input.count }) })),
  // @ts-expect-error the labels must not be a promise
  counted.use(metered('tokens', { dimensions: async () => ({ model: 'small' }) })),
  // @ts-expect-error the label reads a field that the input doesn't have
  counted.use(metered('tokens', { dimensions: ({ input }) => ({ model: input.model }) })),
  // @ts-expect-error the label reads a field that `customer` doesn't read
  counted.use(metered('tokens', { dimensions: ({ ctx }) => ({ model: ctx.requestId }) })),
  // @ts-expect-error no such dimension
  billing.meter({ customer: someone, meter: 'tokens', dimensions: { feature: '' } }, () => 1),
  // @ts-expect-error the meter has no dimensions
  billing.meter({ customer: someone, meter: 'api_calls', dimensions: { model: '' } }, () => 1),
  // @ts-expect-error no such dimension
  client.billing.usage.query({ by: 'nope' }),
  // @ts-expect-error no such meter
  billing.meter({ customer: { id: '', name: '', email: '' }, meter: 'nope' }, () => 1),
  // @ts-expect-error a cost callback needs a hold: without a hold, one unit would be charged
  billing.meter({ customer: { id: '', name: '', email: '' }, meter: 'tokens', cost: () => 500 }, () => 1),
]
