import { once } from 'node:events'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { aUser, type User } from '../flowglad/meters.ts'
import { startStack } from '../flowglad/startStack.ts'

const keyed = (key: unknown) => ({ 'idempotency-key': key })

/** Starts an app that accepts calls over a WebSocket, over HTTP and from server-side callers. */
async function start() {
  const stack = await startStack()
  const { metered, meteredProcedure, request, options } = stack.billing.trpc
  const t = initTRPC.context<{ user: User }>().create(options())
  const inputs: unknown[] = []
  const record = ({ input }: { input: unknown }) => inputs.push(input)
  const counted = t.procedure.input(z.object({ count: z.number() }))
  const router = t.router({
    generate: counted.use(metered('generations')).mutation(record),
    insists: counted.use(metered('generations', { requireKey: true })).mutation(record),
    any: t.procedure.input(z.unknown()).use(metered('generations')).mutation(record),
    noInput: meteredProcedure(t.procedure)('generations').mutation(record),
    nested: t.procedure.mutation(async ({ ctx }): Promise<number[]> => {
      const caller = router.createCaller(ctx)
      return [await caller.generate({ count: 1 }), await caller.generate({ count: 2 })]
    }),
  })
  const createContext = ({ req, info }: Parameters<typeof request>[0]) => ({
    user: aUser(),
    ...request({ req, info }),
  })
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(sockets, 'listening')
  applyWSSHandler({ wss: sockets, router, createContext })
  const address = sockets.address()
  const port = typeof address === 'object' && address ? address.port : 0
  // A WebSocket sends its headers only once, when it connects.
  class KeyedSocket extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { 'idempotency-key': 'of-the-connection' } })
    }
  }
  const client = createWSClient({
    url: `ws://127.0.0.1:${port}`,
    WebSocket: KeyedSocket as unknown as typeof globalThis.WebSocket,
  })

  return {
    inputs,
    caller: router.createCaller({ user: aUser() }),
    socket: createTRPCClient<typeof router>({ links: [wsLink({ client })] }),
    /** Sends the calls as one HTTP batch. Returns each call's denial, or null. */
    async batch(paths: string, inputs: unknown[], headers: Record<string, string> = {}) {
      const response = await fetchRequestHandler({
        endpoint: '/trpc',
        router,
        createContext,
        req: new Request(`http://localhost/trpc/${paths}?batch=1`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ ...inputs }),
        }),
      })
      return z
        .array(z.object({ error: z.object({ data: z.object({ billing: z.unknown() }) }).optional() }))
        .parse(await response.json())
        .map(({ error }) => error?.data.billing ?? null)
    },
    used: async () => (await stack.billing.balances(aUser())).balances[0]?.used,
    async [Symbol.asyncDispose]() {
      await client.close()
      sockets.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

test('recognizes a retry on a connection by the key in its input', async () => {
  await using app = await start()
  await app.socket.generate.mutate({ count: 1 })
  await app.socket.generate.mutate({ count: 1 })
  expect(await app.used()).toBe(2)
  await app.socket.any.mutate({ prompt: 'x', ...keyed('k') })
  await app.socket.any.mutate({ ...keyed('k'), prompt: 'x' })
  await app.socket.noInput.mutate(keyed('n') as never)
  await app.socket.noInput.mutate(keyed('n') as never)
  expect(await app.used()).toBe(4)
})

test('denies a different input under the same key, whether the key is in a header or in an input', async () => {
  await using app = await start()
  await app.socket.any.mutate({ prompt: 'x', ...keyed('k') })
  expect(await app.batch('any', [{ prompt: 'x' }], { 'idempotency-key': 'k' })).toEqual([null])
  expect(await app.batch('any', [{ prompt: 'y' }], { 'idempotency-key': 'k' })).toEqual([
    { code: 'KEY_REUSED', key: 'k' },
  ])
  await app.socket.noInput.mutate(keyed('n') as never)
  expect(await app.batch('noInput', [], { 'idempotency-key': 'n' })).toEqual([null])
  expect(await app.used()).toBe(2)
})

test.each([['a b'], [''], ['x'.repeat(129)], [7], [null], [{ nested: 'k' }]])(
  'denies a call with the invalid key %j in its input without charging',
  async (key) => {
    await using app = await start()
    const denial = { data: { httpStatus: 400, billing: { code: 'KEY_INVALID' } } }
    await expect(app.socket.any.mutate(keyed(key))).rejects.toMatchObject(denial)
    expect(await app.used()).toBe(0)
  },
)

test('enforces requireKey for calls over a WebSocket but not for server-side calls', async () => {
  await using app = await start()
  await expect(app.socket.insists.mutate({ count: 1 })).rejects.toMatchObject({
    message: expect.stringContaining(`in the input's "idempotency-key" property`),
    data: { billing: { code: 'KEY_REQUIRED' } },
  })
  await app.socket.insists.mutate({ count: 1, ...keyed('k') })
  await app.caller.insists({ count: 1 })
  expect(await app.used()).toBe(2)
})

test('uses the key in the input only if the header has no key', async () => {
  await using app = await start()
  const input = { count: 1, ...keyed('input') }
  expect(await app.batch('generate', [input], { 'idempotency-key': 'header' })).toEqual([null])
  expect(await app.batch('generate', [input], { 'idempotency-key': 'header' })).toEqual([null])
  expect(await app.used()).toBe(1)
  expect(await app.batch('generate,generate', [input, { count: 1, ...keyed('header') }])).toEqual([
    null,
    null,
  ])
  expect(await app.used()).toBe(2)
})

test("removes the key from a resolver's input if the input schema is a Zod object", async () => {
  await using app = await start()
  await app.socket.generate.mutate({ count: 1, ...keyed('k') })
  expect(app.inputs).toEqual([{ count: 1 }])
})

test("reads the key in a server-side call's input", async () => {
  await using app = await start()
  await app.caller.generate({ count: 1, ...keyed('k') })
  await app.caller.generate({ count: 1, ...keyed('k') })
  expect(await app.used()).toBe(1)
})

test("does not apply a request's key to server-side calls that the resolver makes", async () => {
  await using app = await start()
  expect(await app.batch('nested', [], { 'idempotency-key': 'k' })).toEqual([null])
  expect(await app.used()).toBe(2)
})
