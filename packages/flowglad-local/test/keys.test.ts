import { readdir, rm, writeFile } from 'node:fs/promises'
import { Flowglad } from '@flowglad/node'
import { expect, it } from 'vitest'
import { startFlowgladLocal } from '../src/index.ts'
import { operations } from './operations.ts'
import { createDirectory, startProcess } from './process.ts'
import { cards, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

const other = { ...studioPricing, name: 'Game studio' }

/** Starts a server with a second key. Returns a client for the second key. */
async function startWithTwoKeys() {
  const studio = await startStudio({ clock: () => Date.UTC(2027, 0, 31) })
  const { key } = studio.addKey({ pricing: other })
  return { studio, key, node: new Flowglad({ apiKey: key, baseURL: studio.url, maxRetries: 0 }) }
}

const ask = async (url: string, key: string, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: key, 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
  })
  const text = (await answer.text()).replace(/"request_id":"\w+"/, '')
  return { status: answer.status, text }
}

it('gives each key its own customers, catalog and balances', async () => {
  const { studio, node } = await startWithTwoKeys()
  await using _ends = studio
  await studio.customer('ada')
  await node.customers.create({
    customer: { externalId: 'ada', name: 'Other Ada', email: 'ada@games.example' },
  })
  await studio.use('ada', 'render', 20)
  const [first, second] = [await studio.billing('ada'), await node.customers.retrieveBilling('ada')]
  expect([first.customer.name, second.customer.name]).toEqual(['ada', 'Other Ada'])
  expect([first.pricingModel.name, second.pricingModel.name]).toEqual(['Film studio', 'Game studio'])
  expect(await studio.balances('ada')).toEqual({ render: 65 })
  expect(second.currentSubscription?.experimental?.usageMeterBalances).toMatchObject([
    { slug: 'render', availableBalance: 85 },
  ])
  expect(second.customer.organizationId).not.toBe(first.customer.organizationId)
  expect(await node.get('/api/v1/usage-events')).toMatchObject({ data: [], total: 0 })
  expect((await node.pricingModels.list()).data).toHaveLength(1)
})

/** Creates records of every type and returns one ID of each type, to use as a path parameter. */
async function recordsOf(studio: Awaited<ReturnType<typeof startStudio>>) {
  await studio.customer('ada')
  const subscription = await studio.subscribe('ada', 'team_price', { card: cards.pays })
  await studio.use('ada', 'render', 5)
  const post = (path: string, body: object) => studio.node.post(`/api/v1${path}`, { body })
  await post('/discounts', {
    discount: { name: 'N', code: 'LESS', amount: 5, amountType: 'percent', duration: 'once', active: true },
  })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const { webhook } = (await post('/webhooks', {
    webhook: { name: 'W', url: studio.url, filterTypes: [], pricingModelId: pricingModel.id },
  })) as { webhook: { id: string } }
  const ids: Record<string, string> = {
    customers: 'ada',
    webhooks: webhook.id,
    // The platform has no list of purchases.
    purchases: (await studio.billing('ada')).purchases[0]?.id ?? '',
    'api-keys': 'api_key_1',
    'resource-claims': subscription.id,
    'subscription-item-features': subscription.experimental?.featureItems[0]?.id ?? '',
  }
  for (const operation of operations) {
    const [method, path = ''] = operation.split(' ')
    const resource = path.split('/')[1] ?? ''
    if (method !== 'GET' || path !== `/${resource}` || ids[resource]) continue
    const answer = JSON.parse((await ask(studio.url, studio.key, 'GET', path)).text)
    const [record] = answer.data ?? Object.values(answer)[0]
    if (record) ids[resource] = record.id
  }
  return ids
}

const item = { priceSlug: 'team_price', quantity: 2 }
/** A valid body for each operation that changes a record. */
const bodies: Record<string, (id: string) => object> = {
  'PUT /customers/:externalId': () => ({ customer: { name: 'Changed' } }),
  'POST /subscriptions/:id/add-feature': () => ({ featureSlug: 'watermark' }),
  'POST /subscriptions/:id/adjust': () => ({ adjustment: { timing: 'auto', newSubscriptionItems: [item] } }),
  'POST /subscriptions/:id/preview-adjust': () => ({
    adjustment: { timing: 'auto', newSubscriptionItems: [item] },
  }),
  'POST /subscriptions/:id/cancel': () => ({ cancellation: { timing: 'immediately' } }),
  'PUT /pricing-models/:id': () => ({ pricingModel: { name: 'Changed' } }),
  'POST /pricing-models/:id/clone': () => ({ name: 'Copy' }),
  'PUT /products/:id': (id) => ({ product: { id, name: 'Changed' } }),
  'PUT /prices/:id': (id) => ({ price: { id, name: 'Changed', type: 'subscription' } }),
  'PUT /usage-meters/:id': (id) => ({ usageMeter: { id, name: 'Changed' } }),
  'PUT /features/:id': (id) => ({ feature: { id, name: 'Changed', type: 'toggle' } }),
  'PUT /subscription-item-features/:id': (id) => ({
    subscriptionItemFeature: { id, type: 'toggle', usageMeterId: null, amount: null, renewalFrequency: null },
  }),
  'PUT /resources/:id': (id) => ({ resource: { id, name: 'Changed' } }),
  'POST /resource-claims/:subscriptionId/claim': () => ({ resourceSlug: 'seats', quantity: 1 }),
  'POST /resource-claims/:subscriptionId/release': () => ({ resourceSlug: 'seats', quantity: 1 }),
  'PUT /discounts/:id': (id) => ({ discount: { id, name: 'Changed' } }),
  'PUT /webhooks/:id': (id) => ({ webhook: { id, url: 'http://127.0.0.1:1/', filterTypes: [] } }),
}

it("treats another key's IDs like unknown IDs", async () => {
  const { studio, key } = await startWithTwoKeys()
  await using _ends = studio
  const ids = await recordsOf(studio)
  const everything = async () =>
    Promise.all(
      operations
        .filter((operation) => operation.startsWith('GET') && !operation.includes(':'))
        .map((operation) => ask(studio.url, studio.key, 'GET', operation.slice(4))),
    )
  const before = await everything()
  const checked: string[] = []
  const answered: string[] = []
  for (const operation of operations) {
    const [method = '', path = ''] = operation.split(' ')
    const id = ids[path.split('/')[1] ?? '']
    if (!/:\w+/.test(path) || !id) continue
    const unknown = `${id.slice(0, -3)}${id.endsWith('zzz') ? 'yyy' : 'zzz'}`
    const answers = []
    for (const asked of [id, unknown]) {
      const body = bodies[operation]?.(asked)
      const { status, text } = await ask(studio.url, key, method, path.replace(/:\w+/, asked), body)
      answers.push({ operation, status, text: text.replaceAll(asked, 'ID') })
    }
    expect(answers[0]).toEqual(answers[1])
    if (answers[0]?.status === 200) answered.push(operation)
    checked.push(operation)
  }
  const withId = operations.filter((operation) => operation.includes(':'))
  expect(withId.filter((operation) => !checked.includes(operation))).toEqual([])
  // For an unknown ID, only these two operations return 200, and they change nothing.
  expect(answered).toEqual(['POST /subscriptions/:id/preview-adjust', 'POST /product-features/:id/expire'])
  expect(await everything()).toEqual(before)
})

it("rejects another key's IDs in a request body", async () => {
  const { studio, key } = await startWithTwoKeys()
  await using _ends = studio
  await studio.customer('ada')
  const { id: subscriptionId, customerId } = await studio.plan('ada')
  const post = (path: string, body: object) => ask(studio.url, key, 'POST', path, body)
  const use = { subscriptionId, transactionId: 't', amount: 1, usageMeterSlug: 'render' }
  const urls = { successUrl: studio.url, cancelUrl: studio.url }
  expect(await post('/usage-events', { usageEvent: use })).toMatchObject({ status: 500 })
  expect(await post('/usage-events/bulk', { usageEvents: [use] })).toMatchObject({ status: 500 })
  expect(await post('/subscriptions', { customerId, priceSlug: 'team_price' })).toMatchObject({ status: 404 })
  expect(
    await post('/checkout-sessions', {
      checkoutSession: { type: 'product', customerExternalId: 'ada', priceSlug: 'team_price', ...urls },
    }),
  ).toMatchObject({ status: 500 })
  expect(await studio.balances('ada')).toEqual({ render: 85 })
})

it('renews the plans of every key when the clock moves', async () => {
  const { studio, node } = await startWithTwoKeys()
  await using _ends = studio
  await node.customers.create({ customer: { externalId: 'ada', name: 'Ada', email: 'ada@games.example' } })
  const before = await node.customers.retrieveBilling('ada')
  studio.advance(40 * 24 * 60 * 60 * 1000)
  const { currentSubscription } = await node.customers.retrieveBilling('ada')
  expect(currentSubscription?.currentBillingPeriodStart).toBe(
    before.currentSubscription?.currentBillingPeriodEnd,
  )
})

it("updates only the given key's pricing", async () => {
  await using server = await startFlowgladLocal({
    keys: [
      { key: 'sk_test_a', pricing: studioPricing },
      { key: 'sk_test_b', pricing: other },
    ],
  })
  expect(server.key).toBe('sk_test_a')
  server.updatePricing({ ...other, name: 'Renamed' }, 'sk_test_b')
  const names = await Promise.all(
    ['sk_test_a', 'sk_test_b'].map(
      async (key) =>
        JSON.parse((await ask(server.url, key, 'GET', '/pricing-models/default')).text).pricingModel.name,
    ),
  )
  expect(names).toEqual(['Film studio', 'Renamed'])
  expect(() => server.addKey({ key: 'sk_test_b', pricing: other })).toThrow(
    'already has the API key sk_test_b',
  )
})

it('adds a key over HTTP only if the key and its pricing are valid', async () => {
  await using studio = await startStudio()
  const add = async (body: object) => {
    const answer = await fetch(`${studio.url}/__test__/keys`, { method: 'POST', body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.json() }
  }
  const added = await add({ pricing: other })
  expect(added).toEqual({ status: 200, body: { key: expect.stringMatching(/^sk_test_\w{21}$/) } })
  expect((await ask(studio.url, added.body.key, 'GET', '/pricing-models/default')).text).toContain(
    'Game studio',
  )
  expect(await add({ key: studio.key, pricing: other })).toMatchObject({ status: 409 })
  expect(await add({ pricing: 'name: Tiny' })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('pricing:1: ') },
  })
  expect(await add({ key: 'has space', pricing: other })).toMatchObject({ status: 400 })
})

it('stores the records of each key in a separate file', async () => {
  await using directory = await createDirectory()
  const options = { db: directory.file('data.db'), pricing: studioPricing }
  const create = { customer: { externalId: 'ada', name: 'Ada', email: 'ada@games.example' } }
  {
    await using server = await startFlowgladLocal(options)
    server.addKey({ key: 'sk_test_b', pricing: other })
    await ask(server.url, 'sk_test_b', 'POST', '/customers', create)
  }
  await using server = await startFlowgladLocal(options)
  expect(await ask(server.url, 'sk_test_b', 'GET', '/customers/ada')).toMatchObject({ status: 401 })
  server.addKey({ key: 'sk_test_b' })
  expect(await ask(server.url, 'sk_test_b', 'GET', '/customers/ada')).toMatchObject({ status: 200 })
  expect(await ask(server.url, server.key, 'GET', '/customers/ada')).toMatchObject({ status: 404 })
})

it('shows the pricing model of each customer in the dashboard and the billing portal', async () => {
  const { studio, node } = await startWithTwoKeys()
  await using _ends = studio
  await studio.customer('ada')
  await node.customers.create({ customer: { externalId: 'grace', name: 'Grace', email: 'g@games.example' } })
  const read = async (url: string) => (await fetch(url)).text()
  const { customer, billingPortalUrl } = await node.customers.retrieveBilling('grace')
  const dashboard = await read(studio.url)
  expect(dashboard).toMatch(/aria-current="page">Film studio <span class="mono">…\w{4}<\/span><\/a>/)
  expect(dashboard).not.toContain('Grace')
  const switched = await read(`${studio.url}/?model=${customer.pricingModelId}`)
  expect(switched).toMatch(/aria-current="page">Game studio <span class="mono">…\w{4}<\/span><\/a>/)
  expect(switched).toContain('Grace')
  expect(switched).not.toContain('>ada<')
  const portal = await read(billingPortalUrl)
  expect(portal).toContain('Grace')
  expect(portal).not.toContain('>ada<')
  expect(await read(`${billingPortalUrl}/grace`)).toContain('Game studio')
})

it.each([
  [
    ['sk_test_first', 'sk_test_second'],
    ['…irst', '…cond'],
  ],
  [
    ['sk_test_a_main', 'sk_test_b_main'],
    ['…a_main', '…b_main'],
  ],
  [
    ['sk_live_secret_secret', 'a'],
    ['…cret', '…'],
  ],
  [
    ['ab', 'xb'],
    ['…b', '…b'],
  ],
])(
  'shows enough of each key to distinguish models with the same name, but at most half: %s',
  async (keys, shown) => {
    await using server = await startFlowgladLocal({
      keys: keys.map((key) => ({ key, pricing: studioPricing })),
    })
    const dashboard = await (await fetch(server.url)).text()
    const portal = await (await fetch(`${server.url}${/\/billing-portal\/\w+/.exec(dashboard)?.[0]}`)).text()
    for (const page of [dashboard, portal]) {
      const links = page.matchAll(/>Film studio <span class="mono">(.*?)<\/span><\/a>/g)
      expect([...links].map(([, key]) => key)).toEqual(shown)
    }
  },
)

it('starts one server for several keys on the command line', async () => {
  await using directory = await createDirectory()
  await using server = await startProcess(directory.path, {
    args: ['--key', 'sk_test_a', '--key', 'sk_test_b', '--pricing', 'pricing.yaml'],
  })
  for (const key of ['sk_test_a', 'sk_test_b'])
    expect(await ask(server.url, key, 'GET', '/customers')).toMatchObject({ status: 200 })
  expect(server.output()).toContain('FLOWGLAD_SECRET_KEY=sk_test_b')
})

it('uses the stored pricing only for the key whose pricing file has a mistake', async () => {
  await using directory = await createDirectory()
  const write = (file: string, name: string, extra = {}) =>
    writeFile(directory.file(file), JSON.stringify({ ...studioPricing, name, ...extra }))
  const args = ['--db', directory.file('data.db')]
  for (const name of ['a', 'b']) args.push('--key', `sk_test_${name}`, '--pricing', `${name}.yaml`)
  await write('a.yaml', 'A')
  await write('b.yaml', 'B')
  await (await startProcess(directory.path, { args })).kill()
  await write('a.yaml', 'Edited', { plans: [] })
  await write('b.yaml', 'Edited')
  await using server = await startProcess(directory.path, { args })
  const names = ['a', 'b'].map(async (name) => {
    const { text } = await ask(server.url, `sk_test_${name}`, 'GET', '/pricing-models/default')
    return JSON.parse(text).pricingModel.name
  })
  expect(await Promise.all(names)).toEqual(['A', 'Edited'])
  expect(server.errors()).toContain('a.yaml:1: plans: is not a known field.')
})

it("continues the clock of the first key's database and never moves it back when another key is added", async () => {
  await using directory = await createDirectory()
  const options = { db: directory.file('data.db'), pricing: studioPricing, clock: () => Date.UTC(2027, 0, 1) }
  {
    await using server = await startFlowgladLocal({ ...options, startAt: Date.UTC(2027, 1, 1) })
    server.addKey({ key: 'sk_test_b', pricing: other })
  }
  {
    await using server = await startFlowgladLocal({ ...options, startAt: Date.UTC(2028, 0, 1) })
    expect(server.now()).toBe(Date.UTC(2027, 1, 1))
    server.advance(1000)
    server.addKey({ key: 'sk_test_b' })
    expect(server.now()).toBe(Date.UTC(2027, 1, 1) + 1000)
  }
})

it('stores the records of a key with slashes and of a key that is too long for a file name', async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  const create = { customer: { externalId: 'ada', name: 'Ada', email: 'ada@games.example' } }
  const unusual = ['/'.repeat(128), '../../escaped', '%2e%2e/x']
  {
    await using server = await startFlowgladLocal({ db, pricing: studioPricing })
    for (const key of unusual) {
      server.addKey({ key, pricing: other })
      expect(await ask(server.url, key, 'POST', '/customers', create)).toMatchObject({ status: 200 })
    }
  }
  await using server = await startFlowgladLocal({ db, pricing: studioPricing })
  for (const key of unusual) {
    server.addKey({ key })
    expect(await ask(server.url, key, 'GET', '/customers/ada')).toMatchObject({ status: 200 })
  }
  expect((await readdir(directory.path)).every((name) => /^(data\.db|pricing\.yaml)/.test(name))).toBe(true)
})

it("stores the clock for every key when an added key's clock is ahead", async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  const options = { db, pricing: studioPricing, clock: () => Date.UTC(2027, 0, 1) }
  const later = Date.UTC(2028, 0, 1)
  {
    await using server = await startFlowgladLocal({ ...options, startAt: later })
    server.addKey({ key: 'sk_test_b', pricing: other })
  }
  await rm(db)
  {
    await using server = await startFlowgladLocal(options)
    server.addKey({ key: 'sk_test_b' })
    expect(server.now()).toBe(later)
  }
  await using server = await startFlowgladLocal(options)
  expect(server.now()).toBe(later)
})
