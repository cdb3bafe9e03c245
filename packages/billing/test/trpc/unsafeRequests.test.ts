import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { expect, test } from 'vitest'
import { aUser, type User } from '../flowglad/meters.ts'
import { startStack } from '../flowglad/startStack.ts'

async function start({ publicUrl }: { publicUrl?: string } = {}) {
  const stack = await startStack({ publicUrl })
  const t = initTRPC
    .context<{ user: User }>()
    .create({ ...stack.billing.trpc.options(), allowOutsideOfServer: true })
  const meteredProcedure = stack.billing.trpc.meteredProcedure(t.procedure)
  const router = t.router({
    lookUp: meteredProcedure('api_calls').query(() => 'found'),
    watch: meteredProcedure('api_calls').subscription(async function* () {
      yield 'news'
    }),
    change: meteredProcedure('api_calls').mutation(() => 'changed'),
    free: t.procedure.query(() => 'free'),
  })
  return {
    /** Sends a request with these headers. Returns the status and the body. */
    async send(path: string, headers: Record<string, string>, init: RequestInit = {}) {
      const response = await fetchRequestHandler({
        endpoint: '/trpc',
        router,
        allowMethodOverride: true,
        createContext: ({ req, info }) => ({ user: aUser(), ...stack.billing.trpc.request({ req, info }) }),
        req: new Request(`http://localhost/trpc/${path}`, { ...init, headers: new Headers(headers) }),
      })
      return { status: response.status, body: await response.text() }
    },
    used: async () =>
      (await stack.billing.balances(aUser())).balances.find(({ meter }) => meter === 'api_calls')?.used,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ['a script on another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a prefetch', { 'sec-purpose': 'prefetch' }],
  ['a prerendered page', { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-site': 'same-origin' }],
  ['a prefetch in an older browser', { purpose: 'prefetch' }],
  ['a prefetch in an older Firefox version', { 'x-moz': 'prefetch' }],
  ['a preview in Safari', { 'x-purpose': 'preview' }],
  ['a link that Next.js prefetches', { 'next-router-prefetch': '1' }],
])('charges nothing for a metered query or subscription that %s requests', async (_, headers) => {
  await using app = await start()
  for (const path of ['lookUp', 'lookUp,free?batch=1', 'watch']) {
    const { body } = await app.send(path, headers as Record<string, string>)
    expect(body).toContain('Nothing was charged. Make it a mutation')
  }
  expect((await app.send('lookUp', headers as Record<string, string>)).status).toBe(403)
  expect((await app.send('free', headers as Record<string, string>)).status).toBe(200)
  expect(await app.used()).toBe(0)
})

test.each([
  ['a page of the app', { 'sec-fetch-site': 'same-origin' }],
  ['a page on a subdomain', { 'sec-fetch-site': 'same-site' }],
  ['the address bar', { 'sec-fetch-site': 'none' }],
  ['a client that is not a browser', {}],
  ['the app on another site', { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }],
])('runs a metered query that %s requests', async (_, headers) => {
  await using app = await start({ publicUrl: 'https://app.example/shop' })
  expect((await app.send('lookUp', headers as Record<string, string>)).status).toBe(200)
  expect(await app.used()).toBe(1)
})

test('runs mutations and POST queries from another site', async () => {
  await using app = await start()
  const headers = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' }
  for (const path of ['change', 'lookUp'])
    expect((await app.send(path, headers, { method: 'POST' })).status).toBe(200)
  expect(await app.used()).toBe(2)
})
