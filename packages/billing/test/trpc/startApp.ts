import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, type TRPCLink } from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import fastify from 'fastify'
import { z } from 'zod'
import { keyHeaders } from '../../src/client/index.ts'
import { type BillingRoutesOptions, billingRoutes } from '../../src/fastify/index.ts'
import { aUser, type Stack, type StackSetup, startStack } from '../flowglad/startStack.ts'

/** The work that the app's procedures run. A test can replace each function. */
export interface Work {
  generate: (input: { prompt: string; count: number }) => unknown
  write: (
    input: { tokens: number },
    count: (units: number) => void,
    signal: AbortSignal | undefined,
  ) => AsyncGenerator<string>
  /** Returns an output that ends after the function has returned, such as an object with a stream. */
  later: (count: (units: number) => void, signal: AbortSignal | undefined) => unknown
}

export function createRouter({ billing }: Pick<Stack, 'billing'>, work: Work) {
  const t = initTRPC.context<{ user: ReturnType<typeof aUser> | null }>().create({
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
  const prompt = z.object({ prompt: z.string(), count: z.number().int().min(0).max(1_000) })

  return t.router({
    billing: billing.trpc.router({ protectedProcedure, publicProcedure: t.procedure }),
    unmetered: protectedProcedure.mutation(({ ctx }) => ctx.user.id),
    ping: meteredProcedure('api_calls').mutation(() => 'pong'),
    generate: protectedProcedure
      .input(prompt)
      .use(metered('generations', { cost: ({ input }) => input.count }))
      .mutation(({ input }) => work.generate(input)),
    derived: protectedProcedure
      .input(prompt)
      .use(metered('generations', { cost: 1, key: ({ input }) => `p:${input.prompt}` }))
      .mutation(({ input }) => work.generate(input)),
    insists: protectedProcedure
      .input(prompt)
      .use(metered('generations', { requireKey: true }))
      .mutation(({ input }) => work.generate(input)),
    validated: protectedProcedure
      .input(prompt)
      .use(metered('generations'))
      .output(z.object({ id: z.string() }))
      .mutation(({ input }) => work.generate(input) as { id: string }),
    hd: protectedProcedure
      .input(prompt)
      .use(requireFeature('hd'))
      .use(metered('generations'))
      .mutation(({ input }) => work.generate(input)),
    both: protectedProcedure
      .input(prompt)
      .use(
        metered({
          generations: { cost: ({ input }) => input.count },
          tokens: { hold: 100, cost: ({ usage }) => usage.total },
        }),
      )
      .mutation(async ({ input, ctx }) => {
        ctx.usage.tokens.add(7)
        return work.generate(input)
      }),
    twice: meteredProcedure('api_calls')
      .use(metered('generations'))
      .mutation(() => 'never'),
    write: protectedProcedure
      .input(z.object({ tokens: z.number() }))
      .use(metered('tokens', { hold: ({ input }) => input.tokens, cost: ({ usage }) => usage.total }))
      .mutation(({ input, ctx, signal }) => work.write(input, (units) => ctx.usage.add(units), signal)),
    watch: protectedProcedure
      .input(z.object({ tokens: z.number(), lastEventId: z.string().nullish() }))
      .use(metered('tokens', { hold: ({ input }) => input.tokens, cost: ({ usage }) => usage.total }))
      .subscription(({ input, ctx, signal }) => work.write(input, (units) => ctx.usage.add(units), signal)),
    writeBoth: protectedProcedure
      .input(z.object({ tokens: z.number() }))
      .use(
        metered({
          generations: { cost: 3 },
          tokens: { hold: ({ input }) => input.tokens, cost: ({ usage }) => usage.total },
        }),
      )
      .mutation(({ input, ctx, signal }) =>
        work.write(input, (units) => ctx.usage.tokens.add(units), signal),
      ),
    labelled: protectedProcedure
      .input(z.object({ tokens: z.number(), model: z.custom<string>() }))
      .use(
        metered('tokens', {
          hold: ({ input }) => input.tokens,
          cost: ({ usage }) => usage.total,
          dimensions: ({ ctx, input }) => {
            if (input.model === 'throws') throw new Error('the list of models is gone')
            return { member: ctx.user.id, model: input.model }
          },
        }),
      )
      .mutation(({ input, ctx, signal }) => work.write(input, (units) => ctx.usage.add(units), signal)),
    labelledBoth: protectedProcedure
      .input(z.object({ model: z.string() }))
      .use(
        metered(
          { generations: { cost: 2 }, tokens: { cost: 5 } },
          { dimensions: ({ ctx, input }) => ({ member: ctx.user.id, model: input.model }) },
        ),
      )
      .mutation(({ input }) => work.generate({ prompt: input.model, count: 1 })),
    writeFree: protectedProcedure
      .input(z.object({ tokens: z.number() }))
      .use(metered('tokens', { cost: 0 }))
      .mutation(({ input, signal }) => work.write(input, () => {}, signal)),
    later: protectedProcedure
      .input(z.object({ tokens: z.number() }))
      .use(metered('tokens', { hold: ({ input }) => input.tokens, cost: ({ usage }) => usage.total }))
      .mutation(({ ctx, signal }) => work.later((units) => ctx.usage.add(units), signal)),
    observe: protectedProcedure
      .input(z.object({ tokens: z.number() }))
      .use(metered('tokens', { hold: ({ input }) => input.tokens, cost: ({ usage }) => usage.total }))
      .subscription(
        ({ ctx, signal }) => work.later((units) => ctx.usage.add(units), signal) as AsyncIterable<string>,
      ),
    watchKeyed: protectedProcedure
      .input(z.object({ tokens: z.number(), lastEventId: z.string().nullish() }))
      .use(
        metered('tokens', {
          hold: ({ input }) => input.tokens,
          cost: ({ usage }) => usage.total,
          key: () => 'one-name',
        }),
      )
      .subscription(({ input, ctx, signal }) => work.write(input, (units) => ctx.usage.add(units), signal)),
    pricedByInput: protectedProcedure
      .input(z.object({ cost: z.union([z.number(), z.literal('NaN')]) }))
      .use(metered('generations', { cost: ({ input }) => Number(input.cost) }))
      .mutation(() => 'done'),
    asksForUsage: protectedProcedure
      .input(prompt)
      .use(metered('tokens', { cost: ({ usage }) => usage.total }))
      .mutation(() => 'never'),
    oddCost: protectedProcedure
      .input(z.object({ cost: z.union([z.number(), z.literal('NaN'), z.enum(['throws', 'throwsNothing'])]) }))
      .use(
        metered('tokens', {
          hold: 10,
          cost: ({ input }) => {
            if (input.cost === 'throws') throw new Error('the price list is gone')
            // This value can't be converted to a string.
            if (input.cost === 'throwsNothing') throw Object.create(null)
            return Number(input.cost)
          },
        }),
      )
      .mutation(() => 'done'),
  })
}
export type AppRouter = ReturnType<typeof createRouter>

const defaultWork: Work = {
  generate: ({ prompt }) => ({ id: `picture of ${prompt}` }),
  async *write({ tokens }, count) {
    for (let n = 0; n < tokens; n++) {
      count(1)
      yield `t${n}`
    }
  },
  later: (count) => count(1),
}

/** Starts an app with clients, HTTP, tRPC, billing and Flowglad. The `user` header identifies the caller. */
export async function startApp(
  setup: StackSetup & { work?: Partial<Work> } & Pick<BillingRoutesOptions, 'limit'> = {},
) {
  const stack = await startStack(setup)
  const router = createRouter(stack, { ...defaultWork, ...setup.work })
  const app = fastify({ routerOptions: { maxParamLength: 5_000 } })
  const userOf = (header: string | string[] | undefined) =>
    typeof header === 'string' ? aUser(header) : null
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router,
      createContext: ({ req, info }) => ({
        user: userOf(req.headers.user),
        ...stack.billing.trpc.request({ req, info }),
      }),
      responseMeta: stack.billing.trpc.responseMeta,
    } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
  })
  await app.register(billingRoutes, {
    billing: stack.billing,
    customer: ({ headers }) => userOf(headers.user),
    ...(setup.limit ? { limit: setup.limit } : {}),
  })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `${origin}/trpc`

  const clientWith = (links: TRPCLink<AppRouter>[], user = 'ada') =>
    createTRPCClient<AppRouter>({
      links: [...links, httpBatchLink({ url, headers: (batch) => ({ user, ...keyHeaders(batch) }) })],
    })

  return {
    ...stack,
    app,
    origin,
    url,
    router,
    clientWith,
    client: clientWith([]),
    /** Sends one HTTP request per call, so that calls run concurrently. */
    single: createTRPCClient<AppRouter>({
      links: [httpLink({ url, headers: ({ op }) => ({ user: 'ada', ...keyHeaders({ op }) }) })],
    }),
    streaming: createTRPCClient<AppRouter>({
      links: [httpBatchStreamLink({ url, headers: (batch) => ({ user: 'ada', ...keyHeaders(batch) }) })],
    }),
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await app.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}
