import { get } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

/** The server shared by tests that don't change its data. */
const shared = sharedStudio()

const routes: [string, string][] = [
  ['POST', '/customers'],
  ['PUT', '/customers/ada'],
  ['GET', '/customers/ada/billing'],
  ['GET', '/customers/ada/usage-balances'],
  ['POST', '/usage-events'],
  ['POST', '/usage-events/bulk'],
  ['GET', '/usage-events'],
  ['POST', '/checkout-sessions'],
  ['POST', '/subscriptions'],
  ['POST', '/subscriptions/SUB/adjust'],
  ['POST', '/subscriptions/SUB/preview-adjust'],
  ['POST', '/subscriptions/SUB/cancel'],
  ['POST', '/pricing-models/setup'],
  ['POST', '/pricing-models'],
  ['POST', '/products'],
  ['POST', '/prices'],
  ['POST', '/usage-meters'],
  ['POST', '/features'],
  ['POST', '/resources'],
  ['POST', '/resource-claims/SUB/claim'],
  ['POST', '/resource-claims/SUB/release'],
  ['GET', '/resource-claims/SUB/usages'],
  ['POST', '/payments/pym_none/refund'],
  ['PUT', '/products/x'],
  ['PUT', '/prices/x'],
  ['PUT', '/features/x'],
  ['PUT', '/usage-meters/x'],
  ['PUT', '/pricing-models/x'],
  ['POST', '/pricing-models/x/clone'],
  ['POST', '/product-features'],
  ['POST', '/subscription-item-features'],
  ['PUT', '/subscription-item-features/x'],
  ['POST', '/webhooks'],
  ['GET', '/prices'],
  ['POST', '/discounts'],
]

const words = fc.constantFrom(
  ...[
    'customer',
    'usageEvent',
    'usageEvents',
    'checkoutSession',
    'adjustment',
    'cancellation',
    'externalId',
    'name',
  ],
  ...[
    'email',
    'subscriptionId',
    'transactionId',
    'amount',
    'usageMeterSlug',
    'priceSlug',
    'properties',
    'type',
  ],
  ...[
    'timing',
    'newSubscriptionItems',
    'quantity',
    'successUrl',
    'cancelUrl',
    'product',
    'price',
    'features',
    'slug',
  ],
)
const values = fc.oneof(
  fc.constantFrom(
    'SUB',
    'ada',
    'render',
    'team_price',
    'product',
    'immediately',
    'auto',
    '__proto__',
    '\u0000',
    '',
  ),
  fc.anything({ withNullPrototype: false, withBigInt: false }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 31 - 1, -1, 1e308, 0.1),
)
const body = fc.oneof(
  fc
    .dictionary(
      words,
      fc.oneof(
        values,
        fc.dictionary(words, values),
        fc.array(fc.dictionary(words, values), { maxLength: 3 }),
      ),
      { maxKeys: 6 },
    )
    .map((b) => JSON.stringify(b)),
  fc.json(),
  fc.string(),
  fc.constantFrom('', '{', 'null', '[]', '"x"', '\uFEFF{}', '{"__proto__":{"x":1}}', '['.repeat(5000)),
)

it("answers every input in Flowglad's format and keeps the data consistent", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      body,
      fc.webQueryParameters(),
      async ([method, path], sent, query) => {
        const answer = await fetch(`${studio.url}/api/v1${path.replace('SUB', id)}?${query}`, {
          method,
          headers: { authorization: studio.key, 'content-type': 'application/json' },
          ...(method !== 'GET' && { body: sent.replaceAll('SUB', id) }),
        })
        const json = await answer.json()
        if (answer.status === 200) return
        expect([400, 403, 404, 409, 500]).toContain(answer.status)
        expect(json).toMatchObject({
          error: expect.anything(),
          request_id: expect.stringMatching(/^[0-9a-f]{8}$/),
        })
        // These messages indicate a bug in the server.
        expect(JSON.stringify(json)).not.toMatch(
          /TypeError|RangeError|is not a function|Cannot read|undefined is/,
        )
      },
    ),
    { numRuns: 300 },
  )
  const { usageMeterBalances } = await studio.server('ada').getUsageMeterBalances()
  expect(usageMeterBalances.every((row) => Number.isSafeInteger(row.availableBalance))).toBe(true)
})

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const urls = { successUrl: 'http://127.0.0.1/s', cancelUrl: 'http://127.0.0.1/c' }
const price: { [key: string]: Json } = {
  type: 'subscription',
  slug: 'NEW',
  name: null,
  unitPrice: 100,
  isDefault: true,
  active: true,
  intervalUnit: 'month',
  intervalCount: 1,
  trialPeriodDays: null,
}
const valid: [string, string, { [key: string]: Json }][] = [
  ['POST', '/customers', { customer: { externalId: 'NEW', name: 'N', email: 'n', domain: null } }],
  ['PUT', '/customers/ada', { customer: { name: 'A', logoURL: null } }],
  [
    'POST',
    '/usage-events',
    {
      usageEvent: {
        subscriptionId: 'SUB',
        transactionId: 'NEW',
        amount: 1,
        usageMeterSlug: 'render',
        usageDate: 5,
        properties: { a: 1 },
      },
    },
  ],
  [
    'POST',
    '/usage-events/bulk',
    {
      usageEvents: [
        { subscriptionId: 'SUB', transactionId: 'NEW', amount: 1, priceSlug: 'render_extra' },
        {
          subscriptionId: 'SUB',
          transactionId: 'NEW2',
          amount: 2,
          usageMeterSlug: 'viewers',
          properties: { a: [1, { b: 2 }] },
        },
      ],
    },
  ],
  [
    'POST',
    '/checkout-sessions',
    {
      checkoutSession: {
        type: 'product',
        customerExternalId: 'ada',
        priceSlug: 'agency_price',
        quantity: 1,
        outputMetadata: { a: 'b' },
        outputName: 'x',
        ...urls,
      },
    },
  ],
  [
    'POST',
    '/checkout-sessions',
    {
      checkoutSession: {
        type: 'activate_subscription',
        customerExternalId: 'ada',
        targetSubscriptionId: 'SUB',
        ...urls,
      },
    },
  ],
  [
    'POST',
    '/subscriptions',
    {
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      quantity: 1,
      trialEnd: 9,
      interval: 'month',
      intervalCount: 1,
      metadata: { a: 1 },
      name: 'x',
      doNotCharge: true,
    },
  ],
  [
    'POST',
    '/subscriptions/SUB/adjust',
    {
      adjustment: {
        timing: 'auto',
        newSubscriptionItems: [{ priceSlug: 'agency_price', quantity: 2 }],
        prorateCurrentBillingPeriod: true,
      },
    },
  ],
  [
    'POST',
    '/subscriptions/SUB/preview-adjust',
    {
      adjustment: { timing: 'immediately', newSubscriptionItems: [{ priceSlug: 'team_price', quantity: 2 }] },
    },
  ],
  ['POST', '/subscriptions/SUB/cancel', { cancellation: { timing: 'at_end_of_current_billing_period' } }],
  [
    'POST',
    '/subscriptions/SUB/adjust',
    {
      adjustment: {
        timing: 'immediately',
        newSubscriptionItems: [
          {
            subscriptionId: 'SUB',
            type: 'static',
            addedDate: 5,
            quantity: 1,
            unitPrice: 7,
            name: 'x',
            priceSlug: 'team_price',
          },
        ],
      },
    },
  ],
  [
    'POST',
    '/discounts',
    { discount: { name: 'N', code: 'NEW', amount: 5, amountType: 'fixed', duration: 'once', active: true } },
  ],
  ['POST', '/resource-claims/SUB/claim', { resourceSlug: 'seats', quantity: 1, metadata: { a: 1 } }],
  ['POST', '/resource-claims/SUB/release', { resourceSlug: 'seats', externalIds: ['a', 'b'] }],
  ['POST', '/pricing-models/setup', JSON.parse(JSON.stringify({ ...studioPricing, isDefault: false }))],
  ['POST', '/pricing-models/MODEL/clone', { name: 'NEW', destinationEnvironment: 'testmode' }],
  [
    'POST',
    '/products',
    {
      product: { name: 'P', slug: 'NEW', active: true, pricingModelId: 'MODEL' },
      price,
      featureIds: ['TOGGLE'],
    },
  ],
  [
    'PUT',
    '/products/PRODUCT',
    {
      product: { id: 'PRODUCT', name: 'P', slug: 'NEW', active: true },
      price: { ...price, productId: 'PRODUCT' },
      featureIds: ['TOGGLE'],
    },
  ],
  ['POST', '/prices', { price: { ...price, productId: 'PRODUCT' } }],
  ['PUT', '/prices/PRICE', { price: { id: 'PRICE', type: 'subscription', isDefault: true, slug: 'NEW' } }],
  [
    'POST',
    '/usage-meters',
    {
      usageMeter: { name: 'M', slug: 'NEW', pricingModelId: 'MODEL' },
      price: { unitPrice: 1, usageEventsPerUnit: 2 },
    },
  ],
  ['PUT', '/usage-meters/METER', { usageMeter: { id: 'METER', name: 'M', aggregationType: 'sum' } }],
  [
    'POST',
    '/features',
    {
      feature: {
        type: 'usage_credit_grant',
        name: 'F',
        slug: 'NEW',
        description: '',
        pricingModelId: 'MODEL',
        usageMeterId: 'METER',
        amount: 1,
        renewalFrequency: 'once',
      },
    },
  ],
  ['PUT', '/features/TOGGLE', { feature: { id: 'TOGGLE', type: 'toggle', name: 'F', active: true } }],
  ['POST', '/product-features', { productFeature: { productId: 'PRODUCT', featureId: 'TOGGLE' } }],
  [
    'POST',
    '/webhooks',
    {
      webhook: {
        name: 'W',
        pricingModelId: 'MODEL',
        url: 'http://127.0.0.1:1/',
        filterTypes: ['payment.failed'],
      },
    },
  ],
]

/** Returns the path of every nested value, so that a test can replace each value. */
const placesIn = (value: Json, at: (string | number)[] = []): (string | number)[][] =>
  typeof value !== 'object' || value === null
    ? [at]
    : [
        at,
        ...Object.entries(value).flatMap(([key, inner]) =>
          placesIn(inner, [...at, Array.isArray(value) ? Number(key) : key]),
        ),
      ]

const replaced = (value: Json, [head, ...rest]: (string | number)[], by: unknown): unknown => {
  if (head === undefined) return by
  if (typeof value !== 'object' || value === null) return value
  const copy: { [key: string]: unknown } | unknown[] = Array.isArray(value) ? [...value] : { ...value }
  Object.assign(copy, {
    [head]: replaced(Object.entries(value).find(([key]) => key === String(head))?.[1] ?? null, rest, by),
  })
  return copy
}

it('never reports an internal error for a valid request with one value replaced', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { quantity: 2 })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const agency = pricingModel.products.find((product) => product.slug === 'agency')
  const names = {
    SUB: id,
    MODEL: pricingModel.id,
    PRODUCT: agency?.id ?? '',
    PRICE: agency?.defaultPrice.id ?? '',
    METER: pricingModel.usageMeters[0]?.id ?? '',
    TOGGLE: agency?.features.find((feature) => feature.type === 'toggle')?.id ?? '',
  }
  const named = (text: string) =>
    Object.entries(names).reduce((sofar, [name, value]) => sofar.replaceAll(name, value), text)
  let fresh = 0
  const bugs: string[] = []
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...valid),
      fc.nat(),
      values,
      async ([method, path, request], where, by) => {
        const places = placesIn(request)
        const place = places[where % places.length] ?? []
        const text = JSON.stringify(replaced(request, place, by)) ?? ''
        const answer = await fetch(`${studio.url}/api/v1${named(path)}`, {
          method,
          headers: { authorization: studio.key, 'content-type': 'application/json' },
          body: named(text).replaceAll('NEW', `n${++fresh}`),
        })
        // The platform describes an invalid number as NaN, so this NaN isn't a bug.
        const body = (await answer.text()).replaceAll(/"received":"NaN"|received NaN/g, '')
        if (
          /TypeError|RangeError|is not a function|Cannot read|undefined is|referenced record|has no billing|\bNaN\b/.test(
            body,
          ) &&
          !text.includes('NaN')
        )
          bugs.push(`${path} ${place.join('.')} = ${JSON.stringify(by)}: ${body}`)
        expect([200, 400, 403, 404, 409, 500]).toContain(answer.status)
      },
    ),
    { numRuns: 300 },
  )
  expect(bugs).toEqual([])
})

it.each([
  ['a body of 20 MB', { body: `{"customer":"${'x'.repeat(20_000_000)}"}` }, 413],
  ['a compressed body', { body: gzipSync('{}'), headers: { 'content-encoding': 'gzip' } }, 400],
  ['bytes that are not text', { body: Buffer.from([0xff, 0xfe, 0x00, 0xd8]) }, 400],
  [
    'another content type',
    { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    400,
  ],
  ['an invalid content type', { body: '{}', headers: { 'content-type': ';;' } }, 415],
])(
  "rejects %s with an error in Flowglad's format",
  async (_, {
    body: sent,
    headers,
  }: { body: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> }, status) => {
    const studio = shared()
    const answer = await fetch(`${studio.url}/api/v1/customers`, {
      method: 'POST',
      headers: { authorization: studio.key, 'content-type': 'application/json', ...headers },
      body: sent,
    })
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ error: expect.anything(), request_id: expect.any(String) }),
    ])
  },
)

it.each([
  '/api/v1/customers/%',
  '/api/v1/customers/%ff',
  `/api/v1/customers/${'x'.repeat(3000)}`,
  '/%',
  '/checkout/%00',
  '/api/v1//',
  '/?customer=%ff',
])('answers the path %s', async (path) => {
  const studio = shared()
  const answer = await fetch(studio.url + path, { headers: { authorization: studio.key } })
  expect(answer.status).toBeLessThan(500)
})

/** Sends raw bytes and returns the response after the connection closes. */
const answerTo = (url: string, bytes: string) =>
  new Promise<string>((resolve) => {
    let answer = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
  })

it.each([
  ['bytes that are not HTTP', '\u0016\u0003\u0001 nonsense\r\n\r\n', 400],
  ['an unknown method', 'BREW /api/v1/customers HTTP/1.1\r\nHOST\r\n\r\n', 400],
  ['a missing host', 'GET /api/v1/customers HTTP/1.1\r\nConnection: close\r\n\r\n', 403],
  ['a missing host in HTTP/1.0', 'GET /api/v1/customers HTTP/1.0\r\n\r\n', 403],
  ['headers of 20 kB', `GET / HTTP/1.1\r\nHOST\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['two content lengths', 'POST / HTTP/1.1\r\nHOST\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400],
  [
    'both a content length and chunks',
    'POST / HTTP/1.1\r\nHOST\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a chunk without a size', 'POST / HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
  [
    'a truncated chunk',
    'POST /api/v1/customers HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"customer":',
    400,
  ],
  [
    'a truncated body',
    'POST /api/v1/customers HTTP/1.1\r\nHOST\r\nContent-Length: 500\r\n\r\n{"customer":',
    400,
  ],
])("rejects %s with an error in Flowglad's format, and serves the next request", async (_, bytes, status) => {
  const studio = shared()
  const answer = await answerTo(
    studio.url,
    bytes.replace('HOST', `Host: 127.0.0.1\r\nAuthorization: ${studio.key}`),
  )
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect([head.split('\r\n')[0], JSON.parse(body)]).toEqual([
    expect.stringMatching(`^HTTP/1.1 ${status} `),
    expect.objectContaining({
      error: expect.any(String),
      request_id: expect.stringMatching(/^[0-9a-f]{8}$/),
    }),
  ])
  expect((await fetch(studio.url)).status).toBe(200)
})

it('replaces a lone surrogate, so that pages can link to the customer', async () => {
  await using studio = await startStudio()
  const answer = await fetch(`${studio.url}/api/v1/customers`, {
    method: 'POST',
    headers: { authorization: studio.key, 'content-type': 'application/json' },
    body: '{"customer":{"externalId":"half \\ud83d","name":"whole \\ud83d\\ude00","email":"e"}}',
  })
  expect(await answer.json()).toMatchObject({
    data: { customer: { externalId: 'half \ufffd', name: 'whole 😀' } },
  })
  const dashboard = await fetch(studio.url)
  expect([dashboard.status, await dashboard.text()]).toEqual([
    200,
    expect.stringContaining('half%20%EF%BF%BD'),
  ])
})

it('answers invalid keys and unknown routes in plain text', async () => {
  const studio = shared()
  const ask = async (path: string, authorization?: string) => {
    const answer = await fetch(
      `${studio.url}/api/v1${path}`,
      authorization ? { headers: { authorization } } : {},
    )
    return [answer.status, answer.headers.get('content-type')?.split(';')[0]]
  }
  expect(await ask('/customers')).toEqual([401, 'text/plain'])
  expect(await ask('/customers', 'sk_other')).toEqual([401, 'text/plain'])
  expect(await ask('/customers', `Basic ${studio.key}`)).toEqual([401, 'text/plain'])
  expect(await ask('/nope', `bEARER ${studio.key}`)).toEqual([404, 'text/plain'])
})

it('rejects huge numbers before doing any work', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  const post = (path: string, sent: object) => studio.node.post(`/api/v1${path}`, { body: sent })
  const hugeClaim = { resourceSlug: 'seats', quantity: 2 ** 31 - 1 }
  await expect(post(`/resource-claims/${id}/claim`, hugeClaim)).rejects.toMatchObject({ status: 400 })
  await studio.customer('grace')
  const many = {
    customerExternalId: 'grace',
    priceSlug: 'team_price',
    quantity: 2 ** 31 - 1,
    doNotCharge: true,
  }
  const { subscription } = (await post('/subscriptions', many)) as { subscription: { id: string } }
  await expect(post(`/resource-claims/${subscription.id}/claim`, hugeClaim)).rejects.toMatchObject({
    status: 500,
    error: { error: 'One call can claim at most 10000 seats' },
  })
  const farAway = { customerExternalId: 'ada', priceSlug: 'agency_price', startDate: 1e15 }
  await expect(post('/subscriptions', farAway)).rejects.toMatchObject({ status: 400 })
  const now = studio.now()
  for (const ms of ['1e18', '9e12', '-1', '0.5', 'null', '"5"']) {
    const never = await fetch(`${studio.url}/__test__/clock/advance`, {
      method: 'POST',
      body: `{"ms":${ms}}`,
    })
    expect([ms, never.status]).toEqual([ms, 400])
  }
  for (const ms of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 9e12])
    expect(() => studio.advance(ms)).toThrow('Cannot move the clock')
  expect(studio.now() - now).toBeLessThan(60_000)
  expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
})

it.each([
  ['POST', '/nope', 404, 'text/plain'],
  ['DELETE', '/products/x', 404, 'text/plain'],
  ['OPTIONS', '/customers', 404, 'text/plain'],
  ['DELETE', '/discounts/x', 404, 'text/plain'],
  ['DELETE', '/customers/x', 415, 'application/json'],
  ['GET', '/catalogs/x', 404, 'text/plain'],
])(
  'answers %s %s with the expected status and content type, even without a body',
  async (method, path, status, type) => {
    const studio = shared()
    const headers = { authorization: studio.key }
    const answer = await fetch(`${studio.url}/api/v1${path}`, { method, headers })
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([status, type])
  },
)

it("accepts only requests to this machine's host names, to prevent DNS rebinding", async () => {
  const studio = shared()
  const { port } = new URL(studio.url)
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(studio.url, { headers: { host: `${host}:${port}` } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).once('error', reject)
    })
  expect(await statusFor('evil.example')).toBe(403)
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) expect(await statusFor(host)).toBe(200)
})
