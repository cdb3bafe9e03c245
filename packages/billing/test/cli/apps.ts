import type { AppFiles } from '../apps/createApp.ts'

// Typical tRPC apps without metering.

const procedures = (end: string) => `export const router = t.router${end}
export const publicProcedure = t.procedure${end}
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })${end}
  return next({ ctx: { user: ctx.user } })${end}
})${end}
`

const router = `import { z } from 'zod'
import { publicProcedure, router } from './trpc.ts'

export const appRouter = router({
  hello: publicProcedure.query(() => 'hello'), // greets
  echo: publicProcedure.input(z.string()).mutation(({ input }) => input),
})

export type AppRouter = typeof appRouter
`

const client = `import { createTRPCClient, httpBatchLink } from '@trpc/client'
import type { AppRouter } from './router.ts'

export const client = createTRPCClient<AppRouter>({
  links: [httpBatchLink({ url: '/trpc' })],
})
`

/** A Fastify app whose context function has a typed parameter. */
export const fastifyApp: AppFiles = {
  'server/trpc.ts': `import { initTRPC, TRPCError } from '@trpc/server'
import type { CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'

const users = new Map([['ada', { id: 'ada', name: 'Ada', email: 'ada@example.com' }]])

export function createContext({ req }: CreateFastifyContextOptions) {
  return { user: users.get(String(req.headers.user)) ?? null }
}

const t = initTRPC.context<typeof createContext>().create()

${procedures('')}`,
  'server/router.ts': router,
  'server/client.ts': client,
  'server/main.ts': `import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify from 'fastify'
import { type AppRouter, appRouter } from './router.ts'
import { createContext } from './trpc.ts'

const app = Fastify()

await app.register(fastifyTRPCPlugin, {
  prefix: '/trpc',
  trpcOptions: {
    router: appRouter,
    createContext,
  } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
`,
}

/** A standalone server with WebSockets, a custom error formatter and a custom transformer. */
export const standaloneApp: AppFiles = {
  'src/trpc.ts': `import { initTRPC, TRPCError } from '@trpc/server';
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';

const transformer = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };

export const createContext = async (opts: CreateHTTPContextOptions | CreateWSSContextFnOptions) => {
  const id = opts.req.headers['user']; // it's trusted
  return {
    user: typeof id === 'string' ? { id } : null,
  };
};

export type Context = Awaited<ReturnType<typeof createContext>>;

const t = initTRPC.context<Context>().create({
  transformer,
  errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, app: 'mine' } }),
});

${procedures(';')}`,
  'src/router.ts': router,
  'src/client.ts': client.replace(
    "url: '/trpc'",
    "url: '/trpc', transformer: { serialize: (value: unknown) => value, deserialize: (value: unknown) => value }",
  ),
  'src/main.ts': `import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { appRouter } from './router.ts';
import { createContext } from './trpc.ts';

const server = createHTTPServer({ router: appRouter, createContext });
applyWSSHandler({ wss: new WebSocketServer({ server }), router: appRouter, createContext });
server.listen(3000);
`,
}

/** An Express app that defines its context function in the adapter's options. */
export const expressApp: AppFiles = {
  'index.ts': `import { initTRPC, TRPCError } from '@trpc/server'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import express from 'express'

interface Context { user: { id: string; name: string } | null }
const t = initTRPC.context<Context>().create()
${procedures('')}
const appRouter = router({})
export type AppRouter = typeof appRouter

const app = express()
app.use(express.json())
app.use(
  '/trpc',
  createExpressMiddleware({
    router: appRouter,
    createContext: ({ req }) => ({ user: /^[a-z]+$/.test(String(req.headers['user'])) ? { id: "it's", name: '' } : null }),
  }),
)
app.listen(3000)
`,
}
