import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTRPCClient, getFetch, httpBatchLink } from '@trpc/client'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { balancesLink, keyHeaders } from '../../src/client/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { type AppRouter, createRouter } from './startApp.ts'

type Stack = Awaited<ReturnType<typeof startStack>>

/** Returns a `createContext` that passes all of the adapter's options to `billing.trpc.request`. */
const createContextOf =
  ({ billing }: Stack) =>
  (opts: Parameters<typeof billing.trpc.request>[0]) => ({
    user: aUser(),
    ...billing.trpc.request(opts),
  })

const routerOf = (stack: Stack) =>
  createRouter(stack, { generate: ({ prompt }) => ({ id: prompt }), async *write() {}, later: () => null })

/** Each function starts an app, and returns a client's link options and a function that stops the app. */
const adapters = {
  async fastify(stack: Stack) {
    const app = fastify()
    await app.register(fastifyTRPCPlugin, {
      prefix: '/trpc',
      trpcOptions: { router: routerOf(stack), createContext: createContextOf(stack) },
    })
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    return { link: { url: `${origin}/trpc` }, stop: () => app.close() }
  },

  async node(stack: Stack) {
    const handler = createHTTPHandler({ router: routerOf(stack), createContext: createContextOf(stack) })
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      link: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      stop: async () => void server.close(),
    }
  },

  async fetch(stack: Stack) {
    const router = routerOf(stack)
    const createContext = createContextOf(stack)
    const fetch: typeof globalThis.fetch = (input, init) =>
      fetchRequestHandler({ endpoint: '/trpc', req: new Request(input, init), router, createContext })
    return { link: { url: 'http://localhost/trpc', fetch: getFetch(fetch) }, stop: async () => {} }
  },
}

const availableAfter = async (
  app: Awaited<ReturnType<(typeof adapters)[keyof typeof adapters]>>,
  calls: (draw: (count: number, idempotencyKey: string) => Promise<unknown>) => Promise<unknown>,
) => {
  const seen: (number | null | undefined)[] = []
  const client = createTRPCClient<AppRouter>({
    links: [
      balancesLink({ onBalances: ({ balances }) => seen.push(balances[0]?.available) }),
      httpBatchLink({ ...app.link, headers: keyHeaders }),
    ],
  })
  try {
    await calls((count, idempotencyKey) =>
      client.generate.mutate({ prompt: 'a cat', count }, { context: { idempotencyKey } }),
    )
    return seen
  } finally {
    await app.stop()
  }
}

describe.each(Object.entries(adapters))('%s', (_name, start) => {
  test("sends the new balances with the response if billing.trpc.request gets all of createContext's options", async () => {
    await using stack = await startStack()
    const seen = await availableAfter(await start(stack), async (draw) => {
      await draw(3, 'charged')
      await draw(8, 'denied').catch(() => {})
    })
    expect(seen).toEqual([7, 7])
  })

  test('sends the balances again with the response to a retry', async () => {
    await using stack = await startStack()
    const seen = await availableAfter(await start(stack), async (draw) => {
      await draw(3, 'k')
      await draw(3, 'k')
    })
    expect(seen).toEqual([7, 7])
  })
})

test('sends current balances with the response to a call that fails before it reaches the ledger', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-balances-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'ledger.db')
  await using stack = await startStack({ ledger: sqliteLedger(file), started: false })
  await using otherNode = await startStack({ ledger: sqliteLedger(file), started: false, beside: stack })
  const seen = await availableAfter(await adapters.fetch(stack), async (draw) => {
    await draw(3, 'here')
    const finish: (() => void)[] = []
    const running = stack.billing.meter(
      { customer: aUser(), meter: 'generations' },
      () => new Promise<void>((resolve) => finish.push(resolve)),
    )
    await expect.poll(() => finish.length).toBe(1)
    await otherNode.billing.meter({ customer: aUser(), meter: 'generations', amount: 4 }, () => null)
    const closing = stack.billing.close()
    await draw(1, 'closing').catch(() => {})
    finish[0]?.()
    await Promise.all([running, closing])
  })
  expect(seen).toEqual([7, 2])
})
