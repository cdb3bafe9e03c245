import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { serveOtherAdapters } from './serveOtherAdapters.ts'
import { startApp } from './startApp.ts'

const trusted = 'https://app.example'
const evil = 'https://evil.example'
type Headers = Record<string, string>

const foreignPages: [sender: string, headers: Headers][] = [
  ['a link, an image or a form on another site', { 'sec-fetch-site': 'cross-site' }],
  ['a link or an image on another origin of the same site', { 'sec-fetch-site': 'same-site' }],
  ['a form on another origin of the same site', { 'sec-fetch-site': 'same-site', origin: `${trusted}:8443` }],
  ['a script on another site', { 'sec-fetch-site': 'cross-site', origin: evil }],
  ['a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['a page on another site in an older browser', { origin: evil }],
  ['a sandboxed frame in an older browser', { origin: 'null' }],
]

const wantedSenders: [sender: string, headers: Headers][] = [
  ['a page of the app', { 'sec-fetch-site': 'same-origin' }],
  ['a page on a trusted origin', { 'sec-fetch-site': 'cross-site', origin: trusted }],
  ['a page on the origin of publicUrl', { 'sec-fetch-site': 'same-site', origin: 'https://www.example' }],
  ['a client that is not a browser', {}],
]

const settings = { publicUrl: 'https://www.example/shop', trustedOrigins: [trusted] }
let app: Awaited<ReturnType<typeof startApp>>
let other: Awaited<ReturnType<typeof serveOtherAdapters>>
beforeAll(async () => {
  app = await startApp(settings)
  other = await serveOtherAdapters(app)
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const used = async () => {
  const { balances } = await app.billing.balances(aUser())
  return Object.fromEntries(balances.map(({ meter, used }) => [meter, used]))
}
const post = (headers: Headers, body: RequestInit['body'] = '{}'): RequestInit => ({
  method: 'POST',
  headers: {
    user: 'ada',
    ...(typeof body === 'string' && { 'content-type': 'application/json' }),
    ...headers,
  },
  body,
})
const get = (headers: Headers): RequestInit => ({ headers: { user: 'ada', ...headers } })

const orders = [
  ['cancel', {}],
  ['resume', {}],
  ['refresh', {}],
  ['changePlan', { priceSlug: 'pro_monthly' }],
  ['checkout', { priceSlug: 'pro_monthly' }],
] as const

describe.each(foreignPages)('a request that %s sends', (_, headers) => {
  test.each<[adapter: string, send: (path: string, init: RequestInit) => Promise<Response>, metered: string]>(
    [
      ['Fastify', (path, init) => fetch(`${app.url}/${path}`, init), 'ping'],
      ['plain Node and Express', (path, init) => fetch(`${other.url}/${path}`, init), 'draw'],
      ['fetch', (path, init) => other.fetch(path, init), 'draw'],
    ],
  )(
    'a foreign POST through the %s adapter changes no state and spends no units',
    async (_, send, metered) => {
      const before = await used()
      const batch = `${Array.from({ length: 50 }, () => metered).join()}?batch=1`
      const refused: [path: string, init: RequestInit][] = [
        [metered, post(headers)],
        [batch, post(headers)],
        ...orders.map(([name, input]): [string, RequestInit] => [
          `billing.${name}`,
          post(headers, JSON.stringify(input)),
        ]),
      ]
      for (const [path, init] of refused) {
        const response = await send(path, init)
        expect([path, response.status]).toEqual([path, 403])
        expect(await response.text()).toContain('FOREIGN_ORIGIN')
      }
      expect(await used()).toEqual(before)
      expect((await app.billing.balances(aUser())).plan).toMatchObject({ isFree: true, cancelsAt: null })
    },
  )

  test('a foreign GET, HEAD, JSON POST or form post changes no state and spends no units', async () => {
    const before = await used()
    const form = new FormData()
    form.set('a', 'b')
    const senders: ((path: string, init: RequestInit) => Promise<Response>)[] = [
      (path, init) => fetch(`${other.url}/${path}`, init),
      (path, init) => other.fetch(path, init),
    ]
    for (const send of senders) {
      for (const path of ['find', 'find,find?batch=1', 'find,freeFind?batch=1', 'watch']) {
        const response = await send(path, get(headers))
        expect(await response.text(), path).toContain('FOREIGN_ORIGIN')
      }
      expect((await send('find', get(headers))).status).toBe(403)
      for (const path of ['freeDraw', 'wrapped', 'billing.cancel'])
        expect((await send(path, post(headers, form))).status, path).toBe(403)
      for (const path of ['draw', 'billing.cancel'])
        expect((await send(path, get(headers))).status, path).toBe(405)
      const lines = await send('find,find?batch=1', get({ ...headers, 'trpc-accept': 'application/jsonl' }))
      expect(await lines.text()).toContain('FOREIGN_ORIGIN')
    }
    expect((await other.fetch('find', post(headers))).status).toBe(403)
    expect((await other.fetch('find', { ...get(headers), method: 'HEAD' })).status).not.toBe(200)
    expect(await used()).toEqual(before)
  })

  test('free queries return 200 to a foreign page', async () => {
    for (const path of ['billing.balances', 'billing.usage', 'billing.plans', 'freeFind'])
      expect((await other.fetch(path, get(headers))).status, path).toBe(200)
  })

  test.each([
    'usage-events/create',
    'subscriptions/cancel',
    'subscriptions/uncancel',
    'subscriptions/adjust',
    'checkout-sessions/create',
    'checkout-sessions/create-add-payment-method',
    'customers/billing',
  ])('/api/flowglad/%s returns 403 to a foreign request with any content type', async (path) => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', null]) {
      const typed = type ? { 'content-type': type } : {}
      const init = post({ ...headers, ...typed }, type ? '{}' : new Blob(['{}']))
      const response = await fetch(`${app.origin}/api/flowglad/${path}`, init)
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({
        error: {
          code: 'foreign_origin',
          message: expect.stringContaining(`POST /api/flowglad/${path} can't`),
        },
      })
    }
  })
})

describe.each(foreignPages.filter(([, headers]) => headers.origin))(
  'a WebSocket that %s opens',
  (_, headers) => {
    test('a foreign WebSocket changes no state, spends no units and reads no customer data', async () => {
      const before = await used()
      await other.onSocket(headers, async (client) => {
        const calls: [name: string, call: Promise<unknown>][] = [
          ['draw', client.draw.mutate()],
          ['freeDraw', client.freeDraw.mutate()],
          ['find', client.find.query()],
          ['freeFind', client.freeFind.query()],
          ['cancel', client.billing.cancel.mutate()],
          ['refresh', client.billing.refresh.mutate()],
          ['balances', client.billing.balances.query()],
          ['usage', client.billing.usage.query()],
          ['charges', client.billing.charges.query()],
          [
            'onBalances',
            new Promise((resolve, reject) =>
              client.billing.onBalances.subscribe(undefined, { onData: resolve, onError: reject }),
            ),
          ],
          [
            'watch',
            new Promise((resolve, reject) =>
              client.watch.subscribe(undefined, { onData: resolve, onError: reject }),
            ),
          ],
        ]
        for (const [name, call] of calls) {
          const error: unknown = await call.catch((thrown: unknown) => thrown)
          expect([name, billingDenial(error)]).toEqual([
            name,
            { code: 'FOREIGN_ORIGIN', origin: headers.origin ?? null },
          ])
        }
        expect(await client.billing.plans.query()).not.toEqual([])
      })
      expect(await used()).toEqual(before)
    })
  },
)

test.each(wantedSenders)('runs calls from %s', async (_, headers) => {
  const { api_calls: before = 0 } = await used()
  expect((await fetch(`${app.url}/ping`, post(headers))).status).toBe(200)
  expect((await fetch(`${other.url}/draw`, post(headers))).status).toBe(200)
  expect((await other.fetch('find,find?batch=1', post(headers))).status).toBe(200)
  expect((await other.fetch('find', get(headers))).status).toBe(200)
  expect((await fetch(`${app.url}/billing.refresh`, post(headers))).status).toBe(200)
  expect((await fetch(`${app.origin}/api/flowglad/customers/billing`, post(headers))).status).toBe(200)
  await other.onSocket(headers, async (client) => {
    expect(await client.draw.mutate()).toBe('drawn')
    expect((await client.billing.balances.query()).plan?.isFree).toBe(true)
  })
  expect((await used()).api_calls).toBe(before + 6)
})

test("runs calls from clients whose origin is the request's host", async () => {
  expect((await fetch(`${app.url}/ping`, post({ origin: app.origin }))).status).toBe(200)
  expect((await other.fetch('draw', post({ origin: 'https://api.example' }))).status).toBe(200)
  const origin = other.socketUrl.replace('ws:', 'http:')
  expect(await other.onSocket({ origin }, (client) => client.draw.mutate())).toBe('drawn')
})

test('the error names the origin and the setting to change', async () => {
  const messageFor = async (headers: Headers) => {
    const response = await other.fetch('draw', post(headers))
    return (await response.json()).error
  }
  expect(await messageFor({ origin: evil })).toMatchObject({
    message: `draw can't be called from the origin ${evil}. Nothing was charged. If your own pages are on this origin, add it to trustedOrigins in createBilling, or set publicUrl to it.`,
    data: { code: 'FORBIDDEN', billing: { code: 'FOREIGN_ORIGIN', origin: evil } },
  })
  expect((await messageFor({ origin: 'null' })).message).toContain('such as a sandboxed frame')
  expect((await messageFor({ 'sec-fetch-site': 'cross-site' })).message).toContain('link, an image or a form')
})

test('runs calls from server-side callers regardless of the request in their context', async () => {
  const req = new Request('https://api.example/', {
    headers: { origin: evil, 'sec-fetch-site': 'cross-site' },
  })
  const info = { accept: null, calls: [{ getRawInput: async () => undefined }] }
  for (const opts of [{ req }, { req, info }, { req, info: { ...info, calls: [] } }]) {
    const caller = other.router.createCaller({ user: aUser(), ...app.billing.trpc.request(opts) })
    expect(await caller.draw()).toBe('drawn')
    expect((await caller.billing.refresh()).plan?.isFree).toBe(true)
  }
})

test("verifies a webhook's signature instead of its origin", async () => {
  const response = await fetch(`${app.origin}/api/webhooks/flowglad`, post({ origin: evil }))
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ error: 'invalid_webhook' })
})

test("protects an app's own routes from foreign origins", () => {
  const { assertTrustedOrigin } = app.billing
  const request = { method: 'POST', url: '/api/sign-out?next=/', headers: { origin: evil } }
  expect(() => assertTrustedOrigin(request)).toThrow(
    `POST /api/sign-out can't be called from the origin ${evil}.`,
  )
  expect(() => assertTrustedOrigin({ ...request, headers: { origin: trusted } })).not.toThrow()
  expect(() => assertTrustedOrigin(new Request('https://x.example', { headers: { origin: evil } }))).toThrow(
    "GET / can't be called",
  )
})
