import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flowglad } from '@flowglad/node'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import { expect, onTestFinished, test } from 'vitest'
import { parseDocument, stringify } from 'yaml'
import { z } from 'zod'
import { runCommand } from '../../src/cli/runCommand.ts'
import { createTestBilling } from '../../src/testing/index.ts'
import { aUser, meters, type User } from '../flowglad/meters.ts'
import { grant, meter, plan, pricing } from '../flowglad/pricing.ts'
import { startProxy } from '../flowglad/startProxy.ts'

/** A new account's pricing model, with a meter and a feature that the file lacks. */
const newAccount = {
  name: 'My account',
  isDefault: true,
  usageMeters: [meter('pages')],
  features: [grant('free_pages', 5, 'pages')],
  products: [
    {
      ...plan('free', 0, ['free_pages']),
      product: { name: 'Free Plan', slug: 'free', default: true, active: true },
    },
  ],
}

/** Starts flowglad-local with a pricing model and returns a function that pushes a file to it. */
async function start(model: object = newAccount, { key }: { key?: string } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'metered-pricing-'))
  const flowglad = await startFlowgladLocal({
    pricing: JSON.stringify(model),
    ...(key === undefined ? {} : { key }),
  })
  onTestFinished(async () => {
    await flowglad.close()
    await rm(folder, { recursive: true })
  })
  const push = async (file: object | string, ...argv: string[]) => {
    await writeFile(join(folder, 'pricing.yaml'), typeof file === 'string' ? file : stringify(file))
    return pushTo(flowglad, folder, ...argv)
  }
  return { flowglad, folder, push }
}

const pushTo = ({ url, key }: Pick<FlowgladLocal, 'url' | 'key'>, folder: string, ...argv: string[]) =>
  runCommand(['pricing', 'push', ...argv], {
    folder,
    env: { FLOWGLAD_SECRET_KEY: key, FLOWGLAD_BASE_URL: url },
    user: 'olga',
  })

const studio = JSON.parse(pricing)
const same = expect.stringContaining('Flowglad has everything in the file.\n')

const modelOf = async ({ url, key }: FlowgladLocal) => {
  const sdk = new Flowglad({ apiKey: key, baseURL: url, maxRetries: 0 })
  return (await sdk.pricingModels.retrieveDefault()).pricingModel
}

const exportOf = async (flowglad: FlowgladLocal) => {
  const sdk = new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 })
  const { id } = await modelOf(flowglad)
  const answer = await sdk.get(`/api/v1/pricing-models/${id}/export`)
  return z.object({ pricingModel: z.looseObject({ name: z.string() }) }).parse(answer).pricingModel
}

test('makes the shown changes only with --yes', async () => {
  const { flowglad, push } = await start()
  const before = await modelOf(flowglad)
  const shown = await push(studio)
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/^pricing\.yaml and the pricing model "My account" [^\n]+, with a test key\n/)
  for (const line of [
    '~ pricing model My account: name "My account" → "Studio"',
    '+ usage meter generations',
    '+ price api_calls_standard of api_calls',
    '+ feature free_tokens',
    '+ product pro',
    '+ price pro_monthly of pro',
    '~ product free: name "Free Plan" → "Free"',
    '~ product free: features ["free_pages"] → ["free_pages","free_generations","free_tokens","free_api_calls"]',
  ])
    expect(shown.stdout).toContain(`  ${line}\n`)
  expect(shown.stdout).toMatch(
    /Only at Flowglad, and not changed:\n {2}usage meter pages\n {2}feature free_pages\n {2}feature free_pages of free\nNothing was changed\./,
  )
  expect(await modelOf(flowglad)).toEqual(before)

  const made = await push(studio, '--yes')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('Flowglad now has everything in the file.\n')
  const again = await push(studio, '--yes')
  expect(again).toEqual({ code: 0, stderr: '', stdout: same })
  const { products, usageMeters } = await modelOf(flowglad)
  expect(products.map(({ slug }) => slug)).toEqual(['free', 'generation_pack', 'pro', 'scale'])
  expect(products.find(({ slug }) => slug === 'free')?.features.map(({ slug }) => slug)).toContain(
    'free_pages',
  )
  expect(usageMeters.find(({ slug }) => slug === 'api_calls')?.defaultPrice?.slug).toBe('api_calls_standard')
})

test('creates the price that unlimited usage needs', async () => {
  const { flowglad, push } = await start()
  await push(studio, '--yes')
  await using billing = createTestBilling({ meters, customer: (ctx: { user: User }) => ctx.user, flowglad })
  await billing.start()
  const sdk = new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 })
  const { checkoutSession } = await sdk.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: (await aCustomerAt(sdk)).externalId,
      priceSlug: 'scale_monthly',
      successUrl: 'http://localhost/',
      cancelUrl: 'http://localhost/',
    },
  })
  await sdk.post(`/__test__/checkout-sessions/${checkoutSession.id}/complete`, {
    body: { card: '4242424242424242' },
  })
  // Scale makes `generations` unlimited, so the usage event names a price that the push must have created.
  await billing.meter({ customer: aUser(), meter: 'generations', amount: 10_000 }, () => 'done')
  expect(await billing.drain()).toBe(true)
  expect(await billing.operator.parked(1)).toEqual([])
})

async function aCustomerAt(sdk: Flowglad) {
  const { id, name, email } = aUser()
  const { data } = await sdk.customers.create({ customer: { externalId: id, name, email } })
  return data.customer
}

test('keeps every part of the model that the file omits or marks as inactive', async () => {
  const { flowglad, push } = await start(studio)
  const before = await modelOf(flowglad)
  const inactive = (slug: string) => {
    const [entry] = studio.products.filter(
      ({ product }: { product: { slug: string } }) => product.slug === slug,
    )
    return { ...entry, product: { ...entry.product, active: false }, features: [] }
  }
  const file = {
    ...studio,
    usageMeters: [meter('generations')],
    features: [{ ...grant('free_pages', 5, 'generations') }],
    products: [plan('free', 0, ['free_pages']), inactive('pro')],
    name: 'Renamed',
  }
  const made = await push(file, '--yes', '--json')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(made.stdout)).toMatchObject({
    applied: true,
    inactive: [{ kind: 'product', slug: 'pro' }],
    untouched: expect.arrayContaining([
      { kind: 'usage meter', slug: 'tokens' },
      { kind: 'product', slug: 'pro' },
      { kind: 'product', slug: 'scale' },
      { kind: 'feature', slug: 'hd' },
    ]),
  })
  const after = await modelOf(flowglad)
  const shape = ({ products, usageMeters }: typeof before) => ({
    products: products.map(({ id, prices }) => ({ id, prices: prices.map((price) => price.id) })),
    meters: usageMeters.map(({ id, prices }) => ({ id, prices: prices.map((price) => price.id) })),
  })
  expect(shape(after)).toEqual(shape(before))
  expect(after.name).toBe('Renamed')
})

const stopped = {
  code: 1,
  stdout: '',
  stderr: 'The pricing model has changed since it was compared. Run the command again.\n',
}

/**
 * Pushes the file in `folder`, and changes the model right after Flowglad has returned the model for the nth time.
 */
async function pushDuring(
  flowglad: FlowgladLocal,
  folder: string,
  nth: number,
  change: (sdk: Flowglad) => Promise<void>,
) {
  const sdk = new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 })
  await using proxy = await startProxy(flowglad.url)
  let reads = 0
  proxy.breakWith(({ path }) => {
    if (!path.endsWith('/export')) return undefined
    reads += 1
    return reads === nth ? { state: 'answerHeld', until: () => change(sdk) } : undefined
  })
  const result = await pushTo({ key: flowglad.key, url: proxy.url }, folder, '--yes')
  expect(reads).toBeGreaterThanOrEqual(nth)
  return result
}

const addGift = async (sdk: Flowglad) => {
  const { pricingModel } = await sdk.pricingModels.retrieveDefault()
  const { product, price } = plan('gift', 300, [])
  await sdk.products.create({
    product: { name: product.name, slug: product.slug, active: true, pricingModelId: pricingModel.id },
    price: {
      type: 'subscription',
      slug: price.slug,
      unitPrice: 300,
      intervalUnit: 'month',
      intervalCount: 1,
      isDefault: true,
      active: true,
    },
  })
}

test('stops instead of archiving a product that was added after the comparison', async () => {
  const { flowglad, folder, push } = await start(studio)
  await push({ ...studio, name: 'Renamed' })
  expect(await pushDuring(flowglad, folder, 1, addGift)).toEqual(stopped)
  const { name, products } = await modelOf(flowglad)
  expect(name).toBe('Studio')
  expect(products.map(({ slug }) => slug)).toContain('gift')
  expect(await pushTo(flowglad, folder, '--yes')).toMatchObject({ code: 0, stderr: '' })
  expect((await modelOf(flowglad)).products.map(({ slug }) => slug)).toContain('gift')
})

test.each([1, 2, 3])(
  'keeps a product that is added after comparison %i of a push that creates a meter',
  async (nth) => {
    const { flowglad, folder, push } = await start()
    await push(studio)
    const result = await pushDuring(flowglad, folder, nth, addGift)
    // After each of the first two comparisons, the push compares again, so it finds the new part.
    expect(result).toMatchObject(nth === 3 ? stopped : { code: 0, stderr: '' })
    expect((await modelOf(flowglad)).products.map(({ slug }) => slug)).toContain('gift')
  },
)

test('never makes a change that the comparison did not show', async () => {
  const { flowglad, folder, push } = await start(studio)
  const file = structuredClone(studio)
  file.usageMeters.push(meter('pages'))
  await push(file)
  const rename = async (sdk: Flowglad) => {
    const pro = (await sdk.pricingModels.retrieveDefault()).pricingModel.products.find(
      ({ slug }) => slug === 'pro',
    )
    const id = pro?.id ?? ''
    await sdk.products.update(id, { product: { id, name: 'Professional', active: true } })
  }
  expect(await pushDuring(flowglad, folder, 1, rename)).toEqual(stopped)
  expect((await modelOf(flowglad)).products.map(({ name }) => name)).toContain('Professional')
})

test('replaces a price whose terms change and says that subscriptions keep the old price', async () => {
  const { flowglad, push } = await start(studio)
  const dearer = structuredClone(studio)
  dearer.products[1].price.unitPrice = 2_500
  dearer.usageMeters[2].prices[0].usageEventsPerUnit = 500
  const shown = await push(dearer)
  const note = '(a new price; existing subscriptions keep the old one)'
  expect(shown.stdout).toContain(`  ~ price pro_monthly of pro: unitPrice 2000 → 2500 ${note}\n`)
  expect(shown.stdout).toContain(
    `  ~ price api_calls_standard of api_calls: usageEventsPerUnit 1000 → 500 ${note}\n`,
  )
  await push(dearer, '--yes')
  expect(await push(dearer)).toEqual({ code: 0, stderr: '', stdout: same })
  const { products, usageMeters } = await modelOf(flowglad)
  expect(products.find(({ slug }) => slug === 'pro')?.defaultPrice).toMatchObject({ unitPrice: 2_500 })
  expect(usageMeters.find(({ slug }) => slug === 'api_calls')?.defaultPrice).toMatchObject({
    slug: 'api_calls_standard',
    usageEventsPerUnit: 500,
  })
})

const details = {
  description: 'For large teams',
  imageURL: 'https://app.example/team.png',
  singularQuantityLabel: 'seat',
  pluralQuantityLabel: 'seats',
}
/** A pricing model in which no optional field has its default value. */
const detailed = {
  ...newAccount,
  usageMeters: [
    {
      usageMeter: { name: 'Pages', slug: 'pages', aggregationType: 'count_distinct_properties' },
      prices: [
        {
          type: 'usage',
          slug: 'pages_yearly',
          name: 'Pages, yearly',
          unitPrice: 100,
          usageEventsPerUnit: 10,
          isDefault: true,
          active: true,
          intervalUnit: 'year',
          intervalCount: 2,
        },
      ],
    },
  ],
  resources: [{ slug: 'seats', name: 'Seats', active: true }],
  features: [{ ...grant('free_pages', 5, 'pages'), description: 'Five pages', active: true }],
  products: [
    plan('basic', 0, ['free_pages']),
    {
      ...plan('team', 5_000, ['free_pages']),
      product: { name: 'Team', slug: 'team', default: false, active: true, ...details },
      price: { ...plan('team', 5_000, []).price, name: 'Team, monthly', trialPeriodDays: 14 },
    },
    {
      ...plan('old', 1_000, []),
      product: { name: 'Old', slug: 'old', default: false, active: false },
    },
  ],
}

test.each([
  'products.0.product.default',
  ...Object.keys(details).map((field) => `products.1.product.${field}`),
  'products.1.product.default',
  'products.1.price.trialPeriodDays',
  'products.1.price.name',
  'products.1.price.active',
  'products.1.features',
  'products.2.product.active',
  'features.0.description',
  'features.0.active',
  'usageMeters.0.usageMeter.aggregationType',
  'usageMeters.0.prices',
  'usageMeters.0.prices.0.name',
  'usageMeters.0.prices.0.active',
  'usageMeters.0.prices.0.intervalUnit',
  'usageMeters.0.prices.0.intervalCount',
  'resources',
  'resources.0.active',
])("keeps Flowglad's value of %s if the file omits it", async (path) => {
  const { flowglad, push } = await start(detailed)
  const [before, exported] = [await modelOf(flowglad), await exportOf(flowglad)]
  const file = parseDocument(stringify(detailed))
  file.deleteIn(path.split('.'))
  // An update replaces the whole model, so a request that changes only the name must contain the omitted field.
  file.set('name', 'Renamed')
  const { stdout } = await push(file.toString(), '--yes', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    applied: true,
    changes: [{ fields: [{ name: 'name', before: 'My account', after: 'Renamed' }] }],
  })
  const after = await modelOf(flowglad)
  expect(after).toEqual({ ...before, name: 'Renamed', updatedAt: after.updatedAt })
  expect(await exportOf(flowglad)).toEqual({ ...exported, name: 'Renamed' })
})

test('keeps the trial if trialPeriodDays is null and removes the trial if it is 0', async () => {
  const { flowglad, push } = await start(detailed)
  const trial = async () =>
    (await modelOf(flowglad)).products.find(({ slug }) => slug === 'team')?.defaultPrice.trialPeriodDays
  const file = structuredClone<{ products: { price: object }[] }>(detailed)
  Object.assign(file.products[1]?.price ?? {}, { trialPeriodDays: null })
  expect(await push(file, '--yes')).toMatchObject({ code: 0, stdout: same })
  expect(await trial()).toBe(14)
  Object.assign(file.products[1]?.price ?? {}, { trialPeriodDays: 0 })
  expect((await push(file, '--yes')).stdout).toContain(
    '~ price team_monthly of team: trialPeriodDays 14 → 0 (',
  )
  expect(await push(file)).toMatchObject({ stdout: same })
  expect(await trial()).toBe(0)
})

test.each([
  ['sk_live_abc', 'a live key', 'live'],
  ['stg_sk_abc', 'a key', null],
])('replaces prices under the key %s only with --replace-prices', async (secretKey, described, keyMode) => {
  const { flowglad, push } = await start(studio, { key: secretKey })
  const file = structuredClone(studio)
  file.name = 'Renamed'
  file.products[1].price.unitPrice = 2_500
  file.usageMeters[2].prices[0].usageEventsPerUnit = 500
  const before = await modelOf(flowglad)
  const list =
    'Flowglad would archive and replace these prices:\n  price api_calls_standard of api_calls\n  price pro_monthly of pro\n'
  const refused = {
    stderr: '',
    stdout: expect.stringMatching(
      `^[^\n]+, with ${described}\n[^]+\nNothing was changed. ${list}To make these changes, run the command again with --yes --replace-prices.\n$`,
    ),
  }
  expect(await push(file)).toEqual({ code: 0, ...refused })
  expect(await push(file, '--replace-prices')).toEqual({ code: 0, ...refused })
  expect(await push(file, '--yes')).toEqual({ code: 1, ...refused })
  expect(await modelOf(flowglad)).toEqual(before)

  const made = await push(file, '--yes', '--replace-prices', '--json')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(made.stdout)).toMatchObject({
    applied: true,
    keyMode,
    replaced: [
      { kind: 'price', slug: 'api_calls_standard', of: 'api_calls' },
      { kind: 'price', slug: 'pro_monthly', of: 'pro' },
    ],
  })
  // Changes that don't replace a price need --yes, but not --replace-prices.
  expect(await push({ ...file, name: 'Studio' }, '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Flowglad now has everything in the file.\n'),
  })
})

test('keeps the earlier usage price when a new price becomes the default', async () => {
  const { flowglad, push } = await start(studio)
  const file = structuredClone(studio)
  const [standard] = file.usageMeters[2].prices
  file.usageMeters[2].prices = [{ ...standard, slug: 'api_calls_cheap', unitPrice: 50 }]
  const made = await push(file, '--yes')
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain('~ price api_calls_standard of api_calls: isDefault true → false\n')
  expect(await push(file)).toMatchObject({ stdout: same })
  const api = (await modelOf(flowglad)).usageMeters.find(({ slug }) => slug === 'api_calls')
  expect(api?.defaultPrice?.slug).toBe('api_calls_cheap')
  expect(api?.prices.map(({ slug }) => slug)).toContain('api_calls_standard')
})

test.each(['refused', 'answerLost'] as const)(
  'a repeated push succeeds after a failed request: %s',
  async (state) => {
    for (let broken = 1; ; broken += 1) {
      const { flowglad, folder, push } = await start()
      await push(studio)
      await using proxy = await startProxy(flowglad.url)
      let writes = 0
      proxy.breakWith(({ method }) => {
        if (method === 'GET') return undefined
        writes += 1
        return writes === broken ? { state } : undefined
      })
      const first = await pushTo({ key: flowglad.key, url: proxy.url }, folder, '--yes')
      expect(await pushTo(flowglad, folder, '--yes')).toMatchObject({ code: 0, stderr: '' })
      expect(await pushTo(flowglad, folder)).toEqual({ code: 0, stderr: '', stdout: same })
      if (first.code === 0) {
        // Nothing broke, because a push sends only five writes: three meters, a meter's price, and everything else.
        expect(broken).toBe(6)
        return
      }
      expect(first.stderr).toMatch(/^Flowglad at .+ is unavailable: .+\n$/)
    }
  },
)

test('names the file, line and field of each problem without changing anything', async () => {
  const { flowglad, push } = await start(studio)
  const before = await modelOf(flowglad)
  const misspelled = stringify(studio).replace('unitPrice: 2000', 'unitPrize: 2000')
  const line = misspelled.split('\n').findIndex((it) => it.includes('unitPrize')) + 1
  expect(await push(misspelled, '--yes')).toEqual({
    code: 1,
    stderr: '',
    stdout: expect.stringContaining(
      `pricing.yaml:${line}: products.1.price.unitPrize: is not a known field.`,
    ),
  })

  const impossible = structuredClone(studio)
  impossible.features.unshift({ type: 'toggle', slug: 'first', name: 'first', active: false })
  impossible.features.find(({ slug }: { slug: string }) => slug === 'free_tokens').slug = 'gone'
  impossible.features.push({ type: 'toggle', slug: 'free_tokens', name: 'free_tokens' })
  impossible.products[0].price.intervalUnit = 'year'
  const text = stringify(impossible)
  const { code, stdout } = await push(text, '--yes')
  expect(code).toBe(1)
  const lineOf = (pattern: RegExp) => text.slice(0, text.search(pattern)).split('\n').length
  expect(stdout.trim().split('\n')).toEqual([
    `pricing.yaml:${lineOf(/type: toggle\n +slug: free_tokens/)}: features.11.type: Flowglad can't change the type of the feature free_tokens from usage_credit_grant to toggle. Choose another slug`,
    `pricing.yaml:${lineOf(/intervalUnit: year/)}: products.0.price.intervalUnit: is "year", but Flowglad has "month", and can't change the price of its default product. To create a new pricing model from the file instead, add --create`,
  ])
  expect(await modelOf(flowglad)).toEqual(before)
})

test('rejects a new price for the default product even if the file does not mark the product as the default', async () => {
  const { push } = await start(detailed)
  const file = parseDocument(stringify(detailed))
  file.deleteIn(['products', 0, 'product', 'default'])
  file.setIn(['products', 0, 'price', 'intervalUnit'], 'year')
  expect(await push(file.toString(), '--yes')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("and can't change the price of its default product."),
  })
})

test('creates a pricing model with --create for an account whose default plan does not renew', async () => {
  const { name, slug } = { name: 'Free Plan', slug: 'free' }
  // A new Flowglad account has this product, whose price doesn't renew.
  const { flowglad, push } = await start({
    ...newAccount,
    products: [
      {
        product: { name, slug, default: true, active: true },
        price: { type: 'single_payment', name, slug, unitPrice: 0, isDefault: true, active: true },
        features: [],
      },
    ],
  })
  const refused = await push(studio, '--yes')
  expect(refused.code).toBe(1)
  expect(refused.stdout).toMatch(
    /^pricing\.yaml:\d+: products\.0\.price\.type: is "subscription", but Flowglad has "single_payment", .+ add --create\n/,
  )
  const shown = await push(studio, '--create')
  expect(shown.stdout).toMatch(/^Would create the pricing model "Studio" at \S+, with a test key\.\n/)
  const sdk = new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 })
  const models = async () => (await sdk.pricingModels.list()).data.map((it) => [it.name, it.isDefault])
  expect(await models()).toEqual([['My account', true]])
  expect(await push(studio, '--create', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^Created the pricing model "Studio" \(pricing_model_\S+\) at \S+, with a test key\.\n/,
    ),
  })
  expect((await models()).sort()).toEqual([
    ['My account', false],
    ['Studio', true],
  ])
  expect(await push(studio, '--create', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Flowglad already has a pricing model "Studio"/),
  })
  // The secret key still belongs to the earlier pricing model.
  expect(await push(studio)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`FLOWGLAD_SECRET_KEY doesn't belong to "Studio"`),
  })
})

test('explains a missing file, a wrong key and an unreachable server without showing the key', async () => {
  const { flowglad, folder, push } = await start()
  expect(await pushTo(flowglad, folder, '--pricing', 'missing.yaml')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("missing.yaml can't be read: ENOENT"),
  })
  await push(studio)
  expect(await pushTo({ url: flowglad.url, key: 'sk_test_another' }, folder)).toEqual({
    code: 1,
    stdout: '',
    stderr: "Flowglad rejects FLOWGLAD_SECRET_KEY (401). Copy the key from Flowglad's dashboard.\n",
  })
  const away = await pushTo({ url: 'http://127.0.0.1:1', key: 'sk_test_s3cret' }, folder)
  expect(away).toMatchObject({ code: 1, stdout: '' })
  expect(away.stderr).toMatch(/^Flowglad at http:\/\/127\.0\.0\.1:1 is unavailable: /)
  expect(away.stderr).not.toContain('s3cret')
  const unset = await runCommand(['pricing', 'push'], { folder, env: {}, user: 'olga' })
  expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining('FLOWGLAD_SECRET_KEY') })
  expect(await runCommand(['pricing'], { folder, env: {}, user: 'olga' })).toMatchObject({ code: 2 })
})
