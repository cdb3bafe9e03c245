import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createWSClient, type TRPCClient } from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import { type CreateHTTPContextOptions, createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import type superjson from 'superjson'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'

/** A call as the server receives it. */
export interface Received {
  path: string
  input: unknown
  header: string | string[] | undefined
}

/** The parts of a request that the procedures can read. */
interface Context {
  header: string | string[] | undefined
  authorization: string | undefined
  params: CreateHTTPContextOptions['info']['connectionParams']
}

const t = initTRPC.context<Context>()

function createRouter(received: Received[], dropSockets: () => void, transformer?: typeof superjson) {
  // The transformer changes only the wire format, not the types that these tests use.
  const { procedure, router } = t.create({ ...(transformer && { transformer }) } as object)
  const recorded = procedure.use(async ({ ctx, path, getRawInput, next }) => {
    received.push({ path, input: await getRawInput(), header: ctx.header })
    return next()
  })
  return router({
    save: recorded.input(z.object({ text: z.string() })).mutation(({ input }) => input),
    saveStrictly: recorded.input(z.strictObject({ text: z.string() })).mutation(({ input }) => input),
    saveRecord: recorded.input(z.record(z.string(), z.string())).mutation(({ input }) => input),
    saveList: recorded.input(z.array(z.string())).mutation(({ input }) => input),
    /** Drops the sockets before the response, but only on the server's first call. */
    saveThenDrop: recorded.input(z.object({ text: z.string() })).mutation(({ input }) => {
      if (received.length === 1) dropSockets()
      return input
    }),
    touch: recorded.mutation(() => 'touched'),
    touchVoid: recorded.input(z.void()).mutation(() => 'touched'),
    read: recorded.input(z.object({ text: z.string() })).query(({ input }) => input),
    fail: recorded.input(z.object({ text: z.string() })).mutation(() => {
      throw new TRPCError({ code: 'BAD_REQUEST', message: 'no' })
    }),
    upload: recorded.input(z.instanceof(FormData)).mutation(({ input }) => [...input.keys()]),
    stream: recorded.mutation(async function* () {
      yield 1
      yield 2
    }),
    count: recorded.subscription(async function* () {
      yield 1
    }),
    whoAmI: recorded.mutation(({ ctx: { authorization, params } }) => ({ authorization, params })),
    watchWhoAmI: recorded.subscription(async function* ({ ctx: { authorization, params } }) {
      yield { authorization, params }
    }),
    billing: router({ plans: recorded.query(() => 'plans') }),
  })
}
export type WireRouter = ReturnType<typeof createRouter>
export type WireClient = TRPCClient<WireRouter>

/** Starts a server for HTTP and WebSockets that records each call. */
export async function startWireServer({ transformer }: { transformer?: typeof superjson } = {}) {
  const received: Received[] = []
  const dropSockets = () => {
    for (const socket of sockets.clients) socket.terminate()
  }
  const router = createRouter(received, dropSockets, transformer)
  const createContext = ({
    req: { headers },
    info,
  }: Pick<CreateHTTPContextOptions, 'req' | 'info'>): Context => ({
    header: headers['idempotency-key'],
    authorization: headers.authorization,
    params: info.connectionParams,
  })
  const handle = createHTTPHandler({ router, createContext })
  const requests: string[] = []
  const server = createServer((req, res) => {
    requests.push(String(req.url).split('?')[0] ?? '')
    return handle(req, res)
  })
  const sockets = new WebSocketServer({ server })
  applyWSSHandler({ wss: sockets, router, createContext })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const clients: { close(): unknown }[] = []
  return {
    received,
    /** The paths of the HTTP requests. */
    requests,
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}`,
    webSocketClient() {
      // Node 20 has no global WebSocket.
      const client = createWSClient({
        url: `ws://127.0.0.1:${port}`,
        WebSocket: WebSocket as never,
        retryDelayMs: () => 10,
      })
      clients.push(client)
      return client
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close()
      dropSockets()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
