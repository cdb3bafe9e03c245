import type { AnyTRPCRouter } from '@trpc/server'
import { initTRPC } from '@trpc/server'
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import fastify from 'fastify'
import { z } from 'zod'
import { readSettings } from '../../processes/readSettings.ts'
import { serve } from '../../processes/serve.ts'
import { aUser } from '../app/app.ts'
import { closedLoop, loadShape } from '../load/closedLoop.ts'
import { openVariant, serverSettings } from './openVariant.ts'
import { createProfiler } from './profiler.ts'

/** Runs one variant of the app. The process serves calls over HTTP, and makes in-process calls on request. */
const settings = serverSettings.parse(readSettings())
const profiler = createProfiler()
const { app, work, billing, ledger, counts } = openVariant(settings)

const server = fastify({ keepAliveTimeout: 0 })
await server.register(fastifyTRPCPlugin, {
  prefix: '/trpc',
  trpcOptions: {
    router: app.router,
    createContext: app.createContext,
  } satisfies FastifyTRPCPluginOptions<AnyTRPCRouter>['trpcOptions'],
})
const origin = await server.listen({ port: 0, host: '127.0.0.1' })

const t = initTRPC.create()
const router = t.router({
  url: t.procedure.query(() => `${origin}/trpc`),
  /** The CPU time that this process has used. */
  cpuMicros: t.procedure.query(() => {
    const { user, system } = process.cpuUsage()
    return user + system
  }),
  startProfile: t.procedure.mutation(() => profiler.start()),
  /** Returns the busy time of each part of this process since `startProfile`, in microseconds. */
  stopProfile: t.procedure.mutation(() => profiler.stop()),
  memoryBytes: t.procedure.query(() => process.memoryUsage.rss()),
  run: t.procedure.input(loadShape).mutation(({ input }) => {
    const callers = Array.from({ length: input.customers }, (_, customer) =>
      app.caller(aUser(`${settings.prefix}-${customer}`)),
    )
    return closedLoop(input, async (customer) => callers[customer]?.ping())
  }),
  /** Fetches the customers' snapshots from Flowglad, 8 at a time. */
  refresh: t.procedure
    .input(z.number())
    .mutation(({ input }) =>
      closedLoop({ callers: 8, customers: input, calls: input }, async (customer) =>
        billing?.refresh(aUser(`${settings.prefix}-${customer}`)),
      ),
    ),
  /** Resolves when all usage has been delivered. */
  drain: t.procedure.mutation(async () => {
    while (billing && !(await billing.drain())) await new Promise((resolve) => setTimeout(resolve, 20))
  }),
  health: t.procedure.query(() => ledger?.health() ?? null),
  counts: t.procedure.query(() => counts),
  runs: t.procedure.query(() => work.runs()),
  books: t.procedure.input(z.array(z.string())).mutation(async ({ input }) => {
    if (!ledger) return null
    return Promise.all(
      input.map(async (customer) => {
        const [days, { balances }] = await Promise.all([
          ledger.usage({ customer, days: 2 }),
          ledger.balances(customer),
        ])
        const booked = days.reduce((total, { amount }) => total + amount, 0)
        return { customer, booked, held: balances.reduce((total, { held }) => total + held, 0) }
      }),
    )
  }),
})
export type ServerControl = typeof router
await serve(router, async () => {
  server.server.closeAllConnections()
  await server.close()
  await billing?.close()
})
