import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { expect, test } from 'vitest'
import { aUser, type User } from '../flowglad/meters.ts'
import { startStack } from '../flowglad/startStack.ts'

test.each<[name: string, headers: Record<string, string>]>([
  ['a prefetch', { 'sec-purpose': 'prefetch' }],
  ['a prerendered page', { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-site': 'same-origin' }],
  ['a prefetch in an older browser', { purpose: 'prefetch' }],
  ['a prefetch in an older Firefox version', { 'x-moz': 'prefetch' }],
  ['a preview in Safari', { 'x-purpose': 'preview' }],
  ['a link that Next.js prefetches', { 'next-router-prefetch': '1' }],
])('charges nothing for a metered query or subscription that %s requests', async (_, headers) => {
  await using stack = await startStack()
  const { billing } = stack
  const t = initTRPC
    .context<{ user: User }>()
    .create({ ...billing.trpc.options(), allowOutsideOfServer: true })
  const meteredProcedure = billing.trpc.meteredProcedure(t.procedure)
  const router = t.router({
    lookUp: meteredProcedure('api_calls').query(() => 'found'),
    watch: meteredProcedure('api_calls').subscription(async function* () {
      yield 'news'
    }),
    free: t.procedure.query(() => 'free'),
  })
  const send = (path: string) =>
    fetchRequestHandler({
      endpoint: '/trpc',
      router,
      createContext: ({ req, info }) => ({ user: aUser(), ...billing.trpc.request({ req, info }) }),
      req: new Request(`http://localhost/trpc/${path}`, { headers }),
    })
  for (const path of ['lookUp', 'lookUp,free?batch=1', 'watch']) {
    expect(await (await send(path)).text()).toContain('Nothing was charged. Make it a mutation')
  }
  const refused = await send('lookUp')
  expect(refused.status).toBe(403)
  expect((await refused.json()).error.data.billing).toEqual({ code: 'PREFETCH' })
  expect((await send('free')).status).toBe(200)
  const { balances } = await billing.balances(aUser())
  expect(balances.find(({ meter }) => meter === 'api_calls')?.used).toBe(0)
})
