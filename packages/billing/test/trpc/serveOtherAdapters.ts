import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { aUser, type Stack, type User } from '../flowglad/startStack.ts'
import { serveEverywhere } from './serveEverywhere.ts'
import { socketWith } from './socketWith.ts'

/** Serves metered procedures and the billing router with the adapters that `startApp` doesn't use. */
export async function serveOtherAdapters(stack: Stack) {
  const { billing } = stack
  const t = initTRPC
    .context<{ user: User }>()
    .create({ ...billing.trpc.options(), allowOutsideOfServer: true })
  const meteredProcedure = billing.trpc.meteredProcedure(t.procedure)
  const router = t.router({
    billing: billing.trpc.router({ protectedProcedure: t.procedure, publicProcedure: t.procedure }),
    draw: meteredProcedure('api_calls').mutation(() => 'drawn'),
    freeDraw: meteredProcedure('api_calls', 0).mutation(() => 'drawn'),
    find: meteredProcedure('api_calls').query(() => 'found'),
    freeFind: meteredProcedure('api_calls', 0).query(() => 'found'),
    watch: meteredProcedure('api_calls').subscription(async function* () {
      yield 'news'
    }),
    wrapped: t.procedure
      .use(({ next }) => next({ getRawInput: async () => 'another input' }))
      .use(billing.trpc.metered('api_calls'))
      .mutation(() => 'drawn'),
  })
  const server = await serveEverywhere(stack, router)
  return {
    ...server,
    router,
    /** Sends a request to the fetch adapter. */
    fetch: (path: string, init: RequestInit) =>
      fetchRequestHandler({
        endpoint: '/trpc',
        router,
        allowMethodOverride: true,
        createContext: ({ req, info }) => ({ user: aUser(), ...billing.trpc.request({ req, info }) }),
        req: new Request(`https://api.example/trpc/${path}`, init),
      }),
    /** Runs `work` with a client on a WebSocket that a page with these headers has opened. */
    async onSocket<T>(
      headers: Record<string, string>,
      work: (client: ReturnType<typeof clientOn>) => Promise<T>,
    ): Promise<T> {
      const socket = createWSClient({ url: server.socketUrl, WebSocket: socketWith(headers) })
      try {
        return await work(clientOn(socket))
      } finally {
        await socket.close()
      }
    },
  }
}
type Router = Awaited<ReturnType<typeof serveOtherAdapters>>['router']
const clientOn = (socket: ReturnType<typeof createWSClient>) =>
  createTRPCClient<Router>({ links: [wsLink({ client: socket })] })
