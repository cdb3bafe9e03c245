import { deserialize, serialize } from 'node:v8'
import { createTRPCClient, getFetch, httpBatchLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { billingDenial, keyHeaders } from '../../src/client/index.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

/** Serializes dates, maps, sets and bigints, like superjson. */
const transformer = {
  serialize: (value: unknown) => serialize(value).toString('base64'),
  deserialize: (text: string) => deserialize(Buffer.from(text, 'base64')),
}

async function startTransformedApp() {
  const stack = await startStack()
  const { billing } = stack
  const t = initTRPC
    .context<{ user: ReturnType<typeof aUser> }>()
    .create(billing.trpc.options({ transformer }))
  const router = t.router({
    draw: billing.trpc
      .meteredProcedure(t.procedure)('generations')
      .input(z.object({ sizes: z.map(z.string(), z.number()) }))
      .mutation(({ input }) => ({ at: new Date(0), sizes: input.sizes, pixels: 10n ** 20n })),
  })
  const fetch: typeof globalThis.fetch = (input, init) =>
    fetchRequestHandler({
      endpoint: '/trpc',
      req: new Request(input, init),
      router,
      createContext: (opts) => ({ user: aUser(), ...billing.trpc.request(opts) }),
    })
  const url = 'http://localhost/trpc'
  const client = createTRPCClient<typeof router>({
    links: [httpBatchLink({ url, transformer, headers: keyHeaders, fetch: getFetch(fetch) })],
  })
  const draw = (width: number, idempotencyKey: string) =>
    client.draw.mutate({ sizes: new Map([['width', width]]) }, { context: { idempotencyKey } })
  return { ...stack, draw }
}

test("replays a result that only the app's transformer can serialize", async () => {
  await using app = await startTransformedApp()
  const first = await app.draw(2, 'k')
  expect(first).toEqual({ at: new Date(0), sizes: new Map([['width', 2]]), pixels: 10n ** 20n })
  expect(await app.draw(2, 'k')).toEqual(first)
  const { balances } = await app.billing.balances(aUser())
  expect(balances[0]).toMatchObject({ meter: 'generations', available: 9 })
})

test("compares inputs that only the app's transformer can serialize", async () => {
  await using app = await startTransformedApp()
  await app.draw(2, 'k')
  const error: unknown = await app.draw(3, 'k').catch((reason: unknown) => reason)
  expect(billingDenial(error)).toMatchObject({ code: 'KEY_REUSED' })
})
