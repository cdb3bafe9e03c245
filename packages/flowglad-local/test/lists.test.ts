import { readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio((studio) => studio.customer('ada'))

it('lists every record once, oldest first, even if records are added between pages', async () => {
  await using studio = await startStudio()
  for (let i = 0; i < 7; i++) await studio.customer(`c${i}`)
  const first = await studio.node.customers.list({ limit: '3' })
  expect(first).toMatchObject({ total: 7, hasMore: true, currentCursor: null })
  await studio.customer('c7')
  const seen = first.data.map((customer) => customer.externalId)
  let cursor = first.nextCursor
  while (cursor) {
    const page = await studio.node.customers.list({ limit: '3', cursor })
    expect(page.currentCursor).toBe(cursor)
    seen.push(...page.data.map((customer) => customer.externalId))
    cursor = page.nextCursor
  }
  expect(seen).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'])
})

const get = async (studio: { url: string; key: string }, path: string) => {
  const answer = await fetch(`${studio.url}/api/v1${path}`, { headers: { authorization: studio.key } })
  return [answer.status, await answer.json()] as const
}
const cursorOf = (place: object) => encodeURIComponent(Buffer.from(JSON.stringify(place)).toString('base64'))

it.each([
  ['limit=0', 'too_small'],
  ['limit=101', 'too_big'],
  ['limit=ten', 'invalid_type'],
  ['limit=1.5', 'invalid_type'],
  ['limit=', 'too_small'],
  ['cursor=', 'too_small'],
])('rejects %s on every GET with an error that has no code', async (query, code) => {
  const studio = shared()
  for (const path of ['/customers', '/usage-events', '/customers/ada/billing']) {
    const [status, body] = await get(studio, `${path}?${query}`)
    expect([status, Object.keys(body)]).toEqual([400, ['error', 'request_id']])
    expect(JSON.parse(body.error)).toMatchObject([{ code, path: [query.split('=')[0]] }])
  }
})

it.each([
  ['limit=1&limit=2', "Multiple 'limit' values are not allowed"],
  ['cursor=bm8=', 'Invalid cursor'],
  [`cursor=${cursorOf({ createdAt: 1 })}`, 'Invalid cursor'],
])('rejects %s', async (query, error) => {
  const studio = shared()
  expect(await get(studio, `/customers?${query}`)).toEqual([400, { error, request_id: expect.any(String) }])
})

it('accepts a cursor that points backward or has only a time or an ID', async () => {
  let now = Date.UTC(2027, 0, 1)
  await using studio = await startStudio({ clock: () => now })
  const made = []
  for (const name of ['a', 'b', 'c', 'd']) {
    now += 1000
    await studio.customer(name)
    made.push((await studio.node.customers.retrieve(name)).customer)
  }
  const pageFrom = async (place: object, limit = 10) => {
    const [, page] = await get(studio, `/customers?limit=${limit}&cursor=${cursorOf(place)}`)
    return { names: page.data.map((c: { externalId: string }) => c.externalId), next: page.nextCursor }
  }
  const [, b, , d] = made
  const backwards = await pageFrom({ id: d?.id, createdAt: d?.createdAt, direction: 'backward' }, 2)
  expect(backwards.names).toEqual(['c', 'b'])
  expect(JSON.parse(Buffer.from(backwards.next, 'base64').toString())).toEqual({
    parameters: {},
    createdAt: b?.createdAt,
    id: b?.id,
    direction: 'backward',
  })
  expect((await pageFrom({ createdAt: b?.createdAt, direction: 'forward' })).names).toEqual(['c', 'd'])
  expect((await pageFrom({ id: 'gone', createdAt: b?.createdAt })).names).toEqual(['c', 'd'])
  expect((await pageFrom({ id: b?.id })).names).toEqual(['a', 'b', 'c', 'd'])
})

it("filters every page of a list by the cursor's parameters", async () => {
  const clock = { now: Date.UTC(2027, 0, 1) }
  await using studio = await startStudio({ clock: () => clock.now })
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    clock.now += 1000
    await studio.customer(name)
  }
  for (const name of ['a', 'c', 'e'])
    await studio.node.post(`/api/v1/customers/${name}/archive`, { body: {} })
  const from = async (place: object, limit = 10) => {
    const [status, page] = await get(studio, `/customers?limit=${limit}&cursor=${cursorOf(place)}`)
    if (status !== 200) return status
    const names = page.data.map((c: { externalId: string }) => c.externalId)
    return { names, total: page.total, next: page.nextCursor }
  }
  const filtered = async (parameters: object, direction = 'forward') => {
    const answer = await from({ id: 'first', parameters, direction })
    return typeof answer === 'object' ? answer.names.join('') : answer
  }
  const start = { id: 'first', parameters: { archived: true, name: '' } }
  const first = await from(start, 2)
  expect(first).toMatchObject({ names: ['a', 'c'], total: 3 })
  const cursor = typeof first === 'object' ? JSON.parse(Buffer.from(first.next, 'base64').toString()) : {}
  expect(cursor.parameters).toEqual(start.parameters)
  expect(await from(cursor, 2)).toEqual({ names: ['e'], total: 3, next: null })
  expect(await filtered({ archived: false })).toBe('bd')
  expect(await filtered({ archived: true }, 'backward')).toBe('eca')
  expect(await filtered({ externalId: ['b', 'e', ''] })).toBe('be')
  expect(await filtered({ externalId: [] })).toBe('')
  expect(await filtered({ userId: null, createdAt: String(clock.now) })).toBe('e')
  expect(await filtered({ nothing: 'x' })).toBe(500)
  expect(await filtered({})).toBe('abcde')
})

it("lists only the records in the API key's pricing model, including archived customers", async () => {
  await using studio = await startStudio()
  const { node } = studio
  await studio.customer('ada')
  await node.post('/api/v1/customers/ada/archive', { body: {} })
  expect((await node.customers.list()).data).toMatchObject([{ externalId: 'ada', archived: true }])
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const before = (await node.prices.list()).total
  const { pricingModel: other } = await node.pricingModels.clone(pricingModel.id, { name: 'Other' })
  expect((await node.pricingModels.list()).total).toBe(2)
  expect((await node.prices.list()).total).toBe(before)
  const [foreign] = other.products
  await expect(node.products.retrieve(foreign?.id ?? '')).rejects.toMatchObject({ status: 500 })
})

it("creates meters and resources in the API key's pricing model, even if the request names another model", async () => {
  await using studio = await startStudio()
  const { node } = studio
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const { pricingModel: other } = await node.pricingModels.clone(pricingModel.id, { name: 'Other' })
  const post = (path: string, body: object) => node.post(`/api/v1${path}`, { body })
  for (const named of [{ pricingModelId: other.id }, {}]) {
    const slug = JSON.stringify(named)
    const made = { ...named, name: 'X', slug }
    const ours = { pricingModelId: pricingModel.id, slug }
    expect(await post('/usage-meters', { usageMeter: made })).toMatchObject({ usageMeter: ours })
    expect(await post('/resources', { resource: made })).toMatchObject({ resource: ours })
  }
  expect((await node.get('/api/v1/resources')) as object).toMatchObject({
    resources: [{ slug: 'seats' }, { name: 'X' }, { name: 'X' }],
  })
})

it("supports the SDK's list calls", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { node } = studio
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  expect((await node.products.list()).total).toBe(6)
  expect((await node.prices.list({ limit: '100' })).total).toBe(10)
  expect((await node.usageMeters.list()).data.map((meter) => meter.slug)).toEqual([
    'render',
    'exports',
    'viewers',
  ])
  expect((await node.pricingModels.list()).data).toMatchObject([{ name: 'Film studio', isDefault: true }])
  expect((await node.subscriptions.list()).data.map((s) => s.status)).toEqual(['canceled', 'active'])
  expect((await node.checkoutSessions.list()).data).toMatchObject([{ status: 'succeeded' }])
  expect((await node.invoices.list()) as object).toMatchObject({
    data: [{ status: 'paid', type: 'subscription' }],
  })
  expect((await node.invoiceLineItems.list()) as object).toMatchObject({ data: [{ price: 4900 }] })
  expect((await node.payments.list()).data).toMatchObject([{ amount: 4900, status: 'succeeded' }])
  expect((await node.paymentMethods.list()) as object).toMatchObject({ data: [{ type: 'card' }] })
  expect((await node.resources.list({ pricingModelId: pricingModel.id })).resources).toMatchObject([
    { slug: 'seats' },
  ])
})

it('has a route for every SDK call except the calls for catalogs', async () => {
  await using studio = await startStudio()
  const resources = dirname(fileURLToPath(import.meta.resolve('@flowglad/node/resources')))
  const calls = readdirSync(`${resources}/resources`)
    .filter((name) => name.endsWith('.mjs'))
    .flatMap((name) => [
      ...readFileSync(`${resources}/resources/${name}`, 'utf8').matchAll(
        /_client\.(get|post|put|patch|delete)\((?:path )?['`](\/api\/v1[^'`]+)['`]/g,
      ),
    ])
  expect(calls.length).toBeGreaterThan(50)
  for (const [, method = '', path = ''] of calls) {
    const answer = await fetch(studio.url + path.replaceAll(/\$\{\w+\}/g, 'nobody'), {
      method: method.toUpperCase(),
      headers: { authorization: studio.key, 'content-type': 'application/json' },
      ...(method !== 'get' && { body: '{}' }),
    })
    expect([method, path, answer.headers.get('content-type')?.split(';')[0]]).toEqual([
      method,
      path,
      path.startsWith('/api/v1/catalogs') ? 'text/plain' : 'application/json',
    ])
  }
})

it("returns the API key's environment and organization", async () => {
  const studio = shared()
  const { organizationId } = (await studio.node.pricingModels.retrieveDefault()).pricingModel
  expect(await get(studio, '/utils/ping')).toEqual([
    200,
    { message: 'pong', environment: 'test', userId: 'api', organizationId },
  ])
})

it.each([
  ['DELETE', '/customers/ada', undefined, 415, 'Missing content-type header'],
  ['DELETE', '/customers/ada', 'application/json', 404, 'No procedure found on path "customers.delete"'],
  ['DELETE', '/usage-meters/x', 'application/json', 404, 'No procedure found on path "usageMeters.delete"'],
  ['PUT', '/usage-events/x', 'application/json', 404, 'No procedure found on path "usageEvents.update"'],
  [
    'POST',
    '/subscription-item-features/x/expire',
    'application/json',
    404,
    'No procedure found on path "subscriptionItemFeatures.expire"',
  ],
])(
  'rejects the unsupported call %s %s like the platform (content type: %s)',
  async (method, path, type, status, error) => {
    const studio = shared()
    const answer = await fetch(`${studio.url}/api/v1${path}`, {
      method,
      headers: { authorization: studio.key, ...(type && { 'content-type': type }) },
      ...(method !== 'DELETE' && { body: '{}' }),
    })
    expect([answer.status, await answer.json()]).toEqual([
      status,
      {
        error,
        code: status === 415 ? 'UNSUPPORTED_MEDIA_TYPE' : 'NOT_FOUND',
        request_id: expect.stringMatching(/^[0-9a-f]{8}$/),
      },
    ])
  },
)

it.each([
  ['Basic abc', 'Invalid authorization format. Use "Bearer <key>" or "<key>".'],
  ['Bearer sk test', 'API key invalid. Key not found in local database.'],
  ['sk_other', 'API key invalid. Key not found in local database.'],
])('rejects the key "%s" with a plain-text error', async (authorization, text) => {
  const studio = shared()
  const answer = await fetch(`${studio.url}/api/v1/customers`, { headers: { authorization } })
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    401,
    expect.stringContaining('text/plain'),
    text,
  ])
})

it.each(['bearer KEY', 'BEARER KEY ', ' KEY'])('accepts the API key in the form "%s"', async (form) => {
  const studio = shared()
  const authorization = form.replace('KEY', studio.key)
  const answer = await fetch(`${studio.url}/api/v1/utils/ping`, { headers: { authorization } })
  expect(answer.status).toBe(200)
})

it('reports an invalid limit and an invalid cursor in one response', async () => {
  const studio = shared()
  const [status, body] = await get(studio, '/customers?limit=0&cursor=')
  expect([status, JSON.parse(body.error)]).toMatchObject([400, [{ path: ['limit'] }, { path: ['cursor'] }]])
})
