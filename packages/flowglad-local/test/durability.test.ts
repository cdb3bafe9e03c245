import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Flowglad } from '@flowglad/node'
import { expect, it } from 'vitest'
import { startFlowgladLocal } from '../src/index.ts'
import { readOptions } from '../src/options.ts'
import { createDirectory, startProcess } from './process.ts'
import { startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

const sdk = (url: string) => new Flowglad({ baseURL: url, apiKey: 'sk_test_local', maxRetries: 0 })

it('keeps every acknowledged write when the server is killed at any time', async () => {
  await using directory = await createDirectory()
  const args = ['--db', directory.file('flowglad.db')]
  const answered: string[] = []
  for (const round of [1, 2]) {
    const running = await startProcess(directory.path, { args })
    const node = sdk(running.url)
    if (round === 1)
      await node.customers.create({
        customer: { externalId: 'ada', name: 'Ada', email: 'ada@studio.example' },
      })
    const { currentSubscription } = await node.customers.retrieveBilling('ada')
    const before = answered.length
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; ; i++) {
        const transactionId = `${round}-${writer}-${i}`
        await node.usageEvents.create({
          usageEvent: {
            subscriptionId: currentSubscription?.id ?? '',
            transactionId,
            amount: 1,
            usageMeterSlug: 'render',
          },
        })
        answered.push(transactionId)
        // Kill the server while other calls are in flight.
        if (answered.length === before + 60) await running.kill()
      }
    })
    await Promise.allSettled(writers)
    await running.ended
  }
  await using studio = await startStudio({ db: directory.file('flowglad.db') })
  const stored = new Set<string>()
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: '100', ...(cursor && { cursor }) })
    const page = (await studio.node.get(`/api/v1/usage-events?${query}`)) as {
      data: { transactionId: string }[]
      nextCursor: string | null
    }
    for (const event of page.data) stored.add(event.transactionId)
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  expect(answered.filter((id) => !stored.has(id))).toEqual([])
  expect(await studio.balances('ada')).toEqual({ render: 85 - stored.size })
})

it('keeps an acknowledged write if the server is killed immediately after the response', async () => {
  await using directory = await createDirectory()
  const args = ['--db', directory.file('flowglad.db')]
  await using running = await startProcess(directory.path, { args })
  const node = sdk(running.url)
  const post = (path: string, body: object) => node.post(`/api/v1${path}`, { body })
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const pricingModelId = pricingModel.id
  await node.customers.create({ customer: { externalId: 'ada', name: 'Ada', email: 'a@studio.example' } })
  await node.customers.update('ada', { customer: { name: 'Augusta' } })
  await node.usageMeters.create({ usageMeter: { name: 'Scripts', slug: 'scripts', pricingModelId } })
  const { webhook } = (await post('/webhooks', {
    webhook: { name: 'W', pricingModelId, url: 'http://127.0.0.1:1/', filterTypes: [] },
  })) as { webhook: { id: string } }
  const { checkoutSession } = await node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      successUrl: 'http://127.0.0.1/s',
      cancelUrl: 'http://127.0.0.1/c',
    },
  })
  await fetch(`${running.url}/checkout/${checkoutSession.id}`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: 'Ada', email: 'a@studio.example', card: '4242 4242 4242 4242' }),
  })
  const { id } = (await node.customers.retrieveBilling('ada')).currentSubscription ?? { id: '' }
  await node.resourceClaims.claim(id, { resourceSlug: 'seats', externalId: 'seat' })
  await fetch(`${running.url}/__test__/clock/advance`, { method: 'POST', body: '{"ms":86400000}' })
  await node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  await post('/pricing-models/setup', { name: 'Last', features: [], products: [], usageMeters: [] })
  const before = await node.customers.retrieveBilling('ada')
  await running.kill()

  await using studio = await startStudio({ db: directory.file('flowglad.db') })
  expect({ ...(await studio.billing('ada')), billingPortalUrl: before.billingPortalUrl }).toEqual(before)
  expect(before).toMatchObject({
    customer: { name: 'Augusta' },
    currentSubscription: { id, status: 'cancellation_scheduled' },
  })
  expect(await studio.node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })).toMatchObject({
    usage: { claimed: 1 },
  })
  expect((await studio.node.usageMeters.list()).data.map((meter) => meter.slug)).toContain('scripts')
  expect(await studio.node.get(`/api/v1/webhooks/${webhook.id}`)).toEqual({ webhook })
  expect((await studio.node.pricingModels.list()).data.map((model) => model.name)).toContain('Last')
})

it('keeps all customers when the documented production command restarts the server', async () => {
  await using directory = await createDirectory()
  const guide = await readFile(new URL('../../../docs/metering.md', import.meta.url), 'utf8')
  const [, command = ''] = /^node packages\/flowglad-local\/dist\/main\.js (.*?) +#/m.exec(guide) ?? []
  const args = command.split(' ')
  const pricing = directory.file(args[args.indexOf('--pricing') + 1] ?? '')
  await mkdir(dirname(pricing), { recursive: true })
  await cp(directory.file('pricing.yaml'), pricing)
  const before = await startProcess(directory.path, { args })
  await sdk(before.url).customers.create({
    customer: { externalId: 'ada', name: 'Ada', email: 'ada@studio.example' },
  })
  await before.kill()
  await using after = await startProcess(directory.path, { args })
  expect(await sdk(after.url).customers.retrieve('ada')).toMatchObject({ customer: { name: 'Ada' } })
})

it('keeps its data and clock across a restart', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const before = await startStudio({ db })
  await before.customer('ada')
  const plan = await before.subscribe('ada', 'team_price')
  before.advance(40 * 24 * 60 * 60 * 1000)
  const [billing, now] = [await before.billing('ada'), before.now()]
  await before.close()
  await using after = await startStudio({ db })
  expect(after.now()).toBeGreaterThanOrEqual(now)
  const again = await after.billing('ada')
  expect({ ...again, billingPortalUrl: '' }).toEqual({ ...billing, billingPortalUrl: '' })
  expect((await after.plan('ada')).id).toBe(plan.id)
})

it('applies a changed pricing file without changing existing subscriptions', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const before = await startStudio({ db })
  await before.customer('ada')
  const plan = await before.subscribe('ada', 'team_price')
  await before.close()
  const dearer = JSON.stringify(studioPricing).replace('"unitPrice":4900', '"unitPrice":5500')
  await using after = await startStudio({ db, pricing: dearer })
  const { pricingModel } = await after.node.pricingModels.retrieveDefault()
  const team = pricingModel.products.find((product) => product.slug === 'team')
  expect(team?.defaultPrice).toMatchObject({ id: plan.priceId, unitPrice: 5500 })
  expect((await after.plan('ada')).subscriptionItems).toMatchObject([{ unitPrice: 4900 }])
})

it("starts a new database's clock at a given date and resumes it after a restart", async () => {
  await using directory = await createDirectory()
  const startAt = Date.UTC(2027, 0, 31)
  const clock = () => 1000
  const db = directory.file('flowglad.db')
  const before = await startStudio({ db, clock, startAt })
  await before.customer('ada')
  expect((await before.plan('ada')).currentBillingPeriodEnd).toBe(Date.UTC(2027, 1, 28))
  before.advance(5)
  await before.close()
  await using after = await startStudio({ db, clock, startAt })
  expect(after.now()).toBe(startAt + 5)
})

it('rejects a second server on the same database file', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  await using _first = await startStudio({ db })
  await expect(startFlowgladLocal({ pricing: studioPricing, db })).rejects.toThrow(
    'in use by another flowglad-local',
  )
})

it("includes the file's path in the error for a file that is not a database", async () => {
  await using directory = await createDirectory()
  const text = directory.file('notes.txt')
  await writeFile(text, 'This text is not a database, and it is longer than a database header. '.repeat(20))
  for (const db of [text, directory.path, `${text}/db.db`])
    await expect(startFlowgladLocal({ pricing: studioPricing, db })).rejects.toThrow(
      `${db} cannot be used as the database: `,
    )
})

it('runs many servers, each with its own data', async () => {
  const all = await Promise.all(
    Array.from({ length: 12 }, () => startFlowgladLocal({ pricing: studioPricing })),
  )
  try {
    expect(new Set(all.map(({ url }) => url)).size).toBe(12)
    const [one, other] = all
    await sdk(one?.url ?? '').customers.create({ customer: { externalId: 'ada', name: '', email: '' } })
    await expect(sdk(other?.url ?? '').customers.retrieve('ada')).rejects.toMatchObject({ status: 404 })
  } finally {
    await Promise.all(all.map((local) => local.close()))
  }
})

it('prints a one-line error for a mistake in the pricing file or the options', async () => {
  await using directory = await createDirectory()
  await writeFile(directory.file('broken.yaml'), 'name: Tiny\nfeatures: []\nproducts: []\n')
  const broken = await startProcess(directory.path, { args: ['--pricing', 'broken.yaml'] })
  expect([await broken.ended, broken.errors()]).toEqual([
    1,
    expect.stringMatching(/^broken\.yaml:1: usageMeters: .*\n$/),
  ])
  const db = directory.file('flowglad.db')
  await using _first = await startStudio({ db })
  const second = await startProcess(directory.path, { args: ['--db', db] })
  expect([await second.ended, second.errors()]).toEqual([
    1,
    `${db} is in use by another flowglad-local. Stop that process or use another file.\n`,
  ])
})

it.each([
  [['--prcing', 'x'], "Unknown option '--prcing'. Did you mean --pricing? --help lists the options."],
  [
    ['pricing.yaml'],
    "Unexpected argument 'pricing.yaml'. To use a pricing file, add --pricing before its name. --help lists the options.",
  ],
  [['--pricing', 'none.yaml'], 'No pricing file at none.yaml'],
  [['--pricing', 'PRICING', '--port', 'http'], 'port must be a whole number'],
  [['--pricing', 'PRICING', '--webhook-url', 'http://x'], 'needs a secret'],
  [['--pricing', 'PRICING', '--webhook-url', 'http://x', '--webhook-secret', 'whsec_abc'], 'base64'],
  [['--pricing', 'PRICING', '--webhook-secret', 'whsec_YWJj'], '--webhook-url URL'],
  [['--pricing', 'PRICING', '--now', 'soon'], 'now must be a date'],
  [['--pricing', 'PRICING', '--now', '2027-02-30'], 'now must be a date'],
  [['--pricing', 'PRICING', '--now', '01.02.2027'], 'now must be a date'],
  [['--pricing', 'PRICING', '--now', '2027-01-31T12:00'], 'now must be a date'],
  [['--pricing', '.'], 'Cannot read the pricing file .: EISDIR'],
  [['--pricing', 'PRICING', '--key', 'a b'], 'without spaces'],
  [['--pricing', 'PRICING', '--key', '钥匙'], 'ASCII'],
  [['--pricing', 'PRICING', '--webhook-url', 'nonsense'], 'webhook-url must be a URL like'],
  [['--pricing', 'PRICING', '--webhook-url', 'ftp://x'], 'webhook-url must be a URL like'],
])('rejects the options %j', async (args, message) => {
  await using directory = await createDirectory()
  const given = args.map((arg) => (arg === 'PRICING' ? directory.file('pricing.yaml') : arg))
  expect(() => readOptions(given, {})).toThrow(message)
})

it('prefers command-line options to environment variables', async () => {
  await using directory = await createDirectory()
  const env = {
    FLOWGLAD_LOCAL_PORT: '1',
    FLOWGLAD_LOCAL_KEY: 'sk_env',
    FLOWGLAD_LOCAL_DB: 'env.db',
    FLOWGLAD_LOCAL_NOW: '2027-01-31',
  }
  const args = ['--pricing', directory.file('pricing.yaml'), '--port', '2', '--latency', '50', '--seed']
  expect(readOptions(args, env)).toMatchObject({
    port: 2,
    keys: [{ key: 'sk_env', pricingFile: directory.file('pricing.yaml') }],
    db: 'env.db',
    latencyMs: 50,
    startAt: Date.UTC(2027, 0, 31),
    seed: true,
  })
  expect(readOptions(['--help'], env)).toBeNull()
})

it('reads options from both the environment and the command line', async () => {
  await using directory = await createDirectory()
  await using running = await startProcess(directory.path, {
    args: ['--seed'],
    env: { FLOWGLAD_LOCAL_KEY: 'sk_test_other', FLOWGLAD_LOCAL_TEST_CONTROLS: 'off' },
  })
  const node = new Flowglad({ baseURL: running.url, apiKey: 'sk_test_other', maxRetries: 0 })
  const { data } = await node.subscriptions.list({ limit: '100' })
  expect(new Set(data.map((s) => s.status))).toEqual(
    new Set(['active', 'canceled', 'cancellation_scheduled', 'trialing']),
  )
  expect((await fetch(`${running.url}/__test__/clock`)).status).toBe(404)
})
