import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  type TRPCLink,
  wsLink,
} from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { observable } from '@trpc/server/observable'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { idempotencyLink, keyHeaders } from '../../../src/client/index.ts'
import { aUser, type Stack, startStack, type User } from '../../flowglad/startStack.ts'
import { socketWith } from '../socketWith.ts'

/** A data transformer that wraps each value. A value that bypasses the transformer makes a test fail. */
export const transformer = {
  serialize: (value: unknown) => ({ wrapped: value }),
  deserialize: ({ wrapped }: { wrapped: unknown }) => wrapped,
}

/** Creates a typical app's router. The router uses only documented APIs that every tested tRPC version has. */
function createRouter({ billing }: Pick<Stack, 'billing'>, onRun: () => void) {
  const t = initTRPC.context<{ user: User | null }>().create(billing.trpc.options({ transformer }))
  const protectedProcedure = t.procedure.use(({ ctx, next }) => {
    if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
    return next({ ctx: { user: ctx.user } })
  })
  const { metered } = billing.trpc
  const meteredProcedure = billing.trpc.meteredProcedure(protectedProcedure)
  const counted = protectedProcedure.input(z.object({ count: z.number() }))
  const tokens = { hold: 100, cost: ({ usage }: { usage: { total: number } }) => usage.total }

  return t.router({
    billing: billing.trpc.router({ protectedProcedure, publicProcedure: t.procedure }),
    ping: meteredProcedure('api_calls').mutation(() => {
      onRun()
      return 'pong'
    }),
    generate: counted
      .use(metered('generations', { cost: ({ input }) => input.count }))
      .mutation(({ input, ctx }) => {
        onRun()
        return { id: `${ctx.user.id} ${input.count}` }
      }),
    fail: counted.use(metered('generations', { cost: ({ input }) => input.count })).mutation((): string => {
      throw new TRPCError({ code: 'BAD_GATEWAY', message: 'no picture' })
    }),
    write: counted.use(metered('tokens', tokens)).mutation(async function* ({ input, ctx }) {
      for (let n = 0; n < input.count; n++) {
        ctx.usage.add(1)
        yield n
      }
    }),
    page: counted.use(metered('tokens', tokens)).mutation(({ input, ctx }) => ({
      title: Promise.resolve('title'),
      text: (async function* () {
        for (let n = 0; n < input.count; n++) {
          ctx.usage.add(1)
          yield n
        }
      })(),
    })),
    observe: counted.use(metered('tokens', tokens)).subscription(({ input, ctx }) =>
      observable<number>((observer) => {
        for (let n = 0; n < input.count; n++) {
          ctx.usage.add(1)
          observer.next(n)
        }
        const timer = setTimeout(() => observer.complete(), 20)
        return () => clearTimeout(timer)
      }),
    ),
    watch: counted.use(metered('tokens', tokens)).subscription(async function* ({ input, ctx }) {
      for (let n = 0; n < input.count; n++) {
        ctx.usage.add(1)
        yield n
      }
    }),
  })
}
export type VersionedRouter = ReturnType<typeof createRouter>

/** Starts the app over HTTP and WebSockets, with the adapters and clients of the tRPC version under test. */
export async function startVersionedApp() {
  const stack = await startStack()
  let runs = 0
  const router = createRouter(stack, () => runs++)
  const createContext = ({ req, info }: Parameters<Stack['billing']['trpc']['request']>[0]) => ({
    user: aUser(),
    ...stack.billing.trpc.request({ req, info }),
  })
  const responseMeta = stack.billing.trpc.responseMeta
  const server = createHTTPServer({ router, createContext, responseMeta })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(sockets, 'listening')
  applyWSSHandler({ wss: sockets, router, createContext })

  const url = `http://127.0.0.1:${portOf(server.address())}`
  const socketUrl = `ws://127.0.0.1:${portOf(sockets.address())}`
  const socket = createWSClient({
    url: socketUrl,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  })
  const foreignSocket = createWSClient({
    url: socketUrl,
    WebSocket: socketWith({ origin: 'https://evil.example' }),
  })
  const clientOf = (link: TRPCLink<VersionedRouter>) =>
    createTRPCClient<VersionedRouter>({ links: [idempotencyLink(), link] })

  return {
    ...stack,
    router,
    url,
    socketUrl,
    /** Returns the number of times that metered work has run. */
    runs: () => runs,
    single: clientOf(httpLink({ url, transformer, headers: keyHeaders })),
    batching: clientOf(httpBatchLink({ url, transformer, headers: keyHeaders })),
    streaming: clientOf(httpBatchStreamLink({ url, transformer, headers: keyHeaders })),
    /** A client on a WebSocket opened by a page on a foreign origin. */
    foreignSocket: createTRPCClient<VersionedRouter>({
      links: [wsLink({ client: foreignSocket, transformer })],
    }),
    overWebSocket: createTRPCClient<VersionedRouter>({ links: [wsLink({ client: socket, transformer })] }),
    /** Returns a meter's available and held units. */
    async balance(meter: string) {
      const { balances } = await stack.billing.balances(aUser())
      const row = balances.find((balance) => balance.meter === meter)
      return { available: row?.available, held: row?.held }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([socket.close(), foreignSocket.close()])
      sockets.close()
      server.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

const portOf = (address: AddressInfo | string | null) =>
  typeof address === 'object' && address ? address.port : null
