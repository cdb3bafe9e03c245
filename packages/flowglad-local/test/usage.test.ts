import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Table } from '../src/database/Table.ts'
import { sharedStudio, startStudio } from './studio.ts'

/** The server for all tests that don't change its data. */
const shared = sharedStudio((studio) => studio.customer('ada'))

const event = (subscriptionId: string, transactionId: string, amount: number, usageMeterSlug = 'render') => ({
  subscriptionId,
  transactionId,
  amount,
  usageMeterSlug,
})

it('records concurrent duplicates of a usage event only once', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      studio.node.usageEvents.create({ usageEvent: event(id, 'the-same', i + 1) }),
    ),
  )
  const [first] = answers
  for (const answer of answers) expect(answer).toEqual(first)
  expect(await studio.balances('ada')).toEqual({ render: 85 - (first?.usageEvent.amount ?? 0) })
})

it('records a thousand events only once when the bulk call is repeated', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.customer('grace')
  const [ada, grace] = [await studio.plan('ada'), await studio.plan('grace')]
  const events = Array.from({ length: 1000 }, (_, i) => event(i % 2 ? ada.id : grace.id, `t-${i}`, 1))
  const { usageEvents } = await studio.admin.bulkCreateUsageEvents({ usageEvents: events })
  expect(usageEvents.map((e) => e.transactionId)).toEqual(events.map((e) => e.transactionId))
  expect((await studio.admin.bulkCreateUsageEvents({ usageEvents: events })).usageEvents).toEqual([])
  expect(await studio.balances('ada')).toEqual({ render: 85 - 500 })
})

it('records nothing if one event of a bulk call is invalid', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  await expect(
    studio.node.post('/api/v1/usage-events/bulk', {
      body: { usageEvents: [event(id, 'a', 1), event(id, 'b', 1), event('sub_gone', 'c', 1)] },
    }),
  ).rejects.toMatchObject({
    status: 500,
    error: { error: 'Subscription not found: sub_gone (usage event at index 2)' },
  })
  // The amount doesn't fit into an int32, so the call fails only when it records the event.
  await expect(
    studio.node.post('/api/v1/usage-events/bulk', {
      body: { usageEvents: [event(id, 'a', 1), event(id, 'b', 3_000_000_000)] },
    }),
  ).rejects.toMatchObject({ status: 500 })
  expect((await studio.node.get('/api/v1/usage-events')) as object).toMatchObject({ total: 0 })
  expect(await studio.balances('ada')).toEqual({ render: 85 })
})

it('rejects an empty transaction ID', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  await expect(studio.node.usageEvents.create({ usageEvent: event(id, '', 1) })).rejects.toMatchObject({
    status: 400,
    error: { code: 'BAD_REQUEST', error: [{ path: ['usageEvent', 'transactionId'] }] },
  })
})

it('rejects properties that are nested too deeply', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const deep = JSON.stringify({ usageEvent: { ...event(id, 'deep', 1), properties: { at: 'HERE' } } })
  const nested = deep.replace('"HERE"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`)
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await fetch(`${studio.url}/api/v1/usage-events`, {
      method: 'POST',
      headers: { authorization: studio.key, 'content-type': 'application/json' },
      body: nested,
    })
    expect(answer.status).toBe(400)
  }
  expect(await studio.node.get('/api/v1/usage-events')).toMatchObject({ total: 0 })
})

it("stores nothing if a record's index key cannot be computed", () => {
  const table = new Table<{ id: string }>(
    'things',
    {
      key: () => {
        throw new Error('no key')
      },
    },
    { resident: true, onChange: () => {}, onWrite: () => {} },
  )
  expect(() => table.put({ id: 'a' })).toThrow('no key')
  expect([[...table.all()], table.find('a')]).toEqual([[], undefined])
})

it.each(['priceId', 'priceSlug', 'usageMeterId', 'usageMeterSlug'])(
  'rejects an event whose %s is null or empty',
  async (identifier) => {
    const studio = shared()
    const { id } = await studio.plan('ada')
    const { usageMeterSlug: _, ...rest } = event(id, 't', 1)
    const post = (usageEvent: object) => studio.node.post('/api/v1/usage-events', { body: { usageEvent } })
    await expect(post({ ...rest, [identifier]: null })).rejects.toMatchObject({
      status: 400,
      error: { error: [{ code: 'invalid_type', path: ['usageEvent', identifier] }] },
    })
    await expect(post({ ...rest, [identifier]: '' })).rejects.toMatchObject({
      status: 400,
      error: { error: [{ code: 'custom', path: ['usageEvent', 'priceId'] }] },
    })
  },
)

it("counts usage toward the current period regardless of the event's date", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  let sent = 0
  const dated = async (usageDate: unknown, bulk = false) => {
    const usageEvent = { ...event(id, `d-${++sent}`, 1), usageDate }
    const answer = (await studio.node.post(`/api/v1/usage-events${bulk ? '/bulk' : ''}`, {
      body: bulk ? { usageEvents: [usageEvent] } : { usageEvent },
    })) as {
      usageEvent?: { usageDate: number; billingPeriodId: string }
      usageEvents?: { usageDate: number; billingPeriodId: string }[]
    }
    return answer.usageEvent ?? answer.usageEvents?.[0]
  }
  const now = await dated(undefined)
  expect(now?.usageDate).toBeGreaterThan(Date.UTC(2026, 0))
  expect(await dated('2020-02-29T12:00:00Z')).toMatchObject({
    usageDate: Date.UTC(2020, 1, 29, 12),
    billingPeriodId: now?.billingPeriodId,
  })
  expect(await dated(Date.UTC(2100, 0))).toMatchObject({ usageDate: Date.UTC(2100, 0) })
  // In a request for one event, a null date counts as missing. In a bulk request, a null date means 1 January
  // 1970.
  expect((await dated(null))?.usageDate).toBeGreaterThan(Date.UTC(2026, 0))
  expect((await dated(null, true))?.usageDate).toBe(0)
  for (const wrong of ['soon', 9e15, {}])
    await expect(dated(wrong)).rejects.toMatchObject({
      status: 400,
      error: { error: [{ path: ['usageEvent', 'usageDate'] }] },
    })
})

it('identifies the rejected event in a bulk call and checks subscriptions before meters', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const team = pricingModel.products.find((product) => product.slug === 'team')?.defaultPrice
  const overage = pricingModel.usageMeters[0]?.prices?.[0]
  const good = event(id, 'good', 1)
  const { usageMeterSlug: _, ...bare } = event(id, 'bad', 1)
  const errorOf = (...usageEvents: object[]) =>
    studio.node
      .post('/api/v1/usage-events/bulk', { body: { usageEvents: [good, ...usageEvents] } })
      .then(() => 'accepted')
      .catch((error: { status: number; error: { error: string } }) => [error.status, error.error.error])
  expect(await errorOf({ ...bare, usageMeterId: 'm' })).toEqual([500, 'UsageMeter not found: m (index 1)'])
  expect(await errorOf({ ...bare, priceId: 'p' })).toEqual([500, 'Price not found: p (index 1)'])
  expect(await errorOf({ ...bare, priceId: team?.id })).toEqual([
    500,
    `Invalid priceId: Price ${team?.id} at index 1 is type "subscription" which is not a usage price`,
  ])
  expect(await errorOf({ ...bare, usageMeterSlug: 'm' }, { ...good, subscriptionId: 's' })).toEqual([
    500,
    'Subscription not found: s (usage event at index 2)',
  ])
  await studio.node.prices.update(overage?.id ?? '', {
    price: { id: overage?.id ?? '', type: 'usage', isDefault: false, active: false },
  })
  expect(await errorOf({ ...bare, priceId: overage?.id })).toEqual([
    500,
    `Price not found: ${overage?.id} (not in customer's pricing model)`,
  ])
  const { usageEvent } = await studio.node.usageEvents.create({
    usageEvent: { ...bare, priceId: overage?.id ?? '' },
  })
  expect(usageEvent).toMatchObject({ priceId: overage?.id })
  expect(await studio.node.get('/api/v1/usage-events')).toMatchObject({ total: 1 })
})

it('reports the error that the platform finds first if several identifiers are wrong', async () => {
  const studio = shared()
  const { id } = await studio.plan('ada')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const team = pricingModel.products.find(({ slug }) => slug === 'team')?.defaultPrice?.id
  const send = (path: string, body: object) =>
    studio.node
      .post(`/api/v1/usage-events${path}`, { body })
      .then(() => 'accepted')
      .catch((error: { error: { error: string } }) => error.error.error)
  const unknown = { subscriptionId: 'sub_x', transactionId: 't', amount: 1 }
  const one = (identifier: object) => send('', { usageEvent: { ...unknown, ...identifier } })
  const noSubscription = 'Unwrap called on Err: NotFoundError: No subscriptions found with id: sub_x'
  expect(await one({ priceId: 'price_x' })).toBe(
    'Unwrap called on Err: NotFoundError: Price not found: price_x',
  )
  expect(await one({ priceId: team })).toBe(
    `Unwrap called on Err: ValidationError: Invalid priceId: Price ${team} is not a usage price. Please provide a usage price id to create a usage event.`,
  )
  expect(await one({ priceSlug: 'x' })).toBe(noSubscription)
  expect(await one({ usageMeterId: 'x' })).toBe(noSubscription)
  expect(await one({ usageMeterSlug: 'x' })).toBe(noSubscription)

  const many = (...identifiers: object[]) =>
    send('/bulk', {
      usageEvents: identifiers.map((identifier) => ({ ...unknown, subscriptionId: id, ...identifier })),
    })
  const wrong = [
    { usageMeterSlug: 'viewers' },
    { usageMeterId: 'm' },
    { priceId: 'p' },
    { usageMeterSlug: 'ms' },
    { priceSlug: 'ps' },
  ]
  const errors = []
  for (; wrong.length > 0; wrong.pop()) errors.push(await many(...wrong))
  expect(errors).toEqual([
    "Price not found: with slug ps (not in customer's pricing model)",
    'UsageMeter not found: slug "ms"',
    'Price not found: p (index 2)',
    'Invalid properties: required for usage meter "Viewers" at index 0 (count_distinct_properties aggregation)',
    'Invalid properties: required for usage meter "Viewers" at index 0 (count_distinct_properties aggregation)',
  ])
})

it("prefers a usage price to a product's price with the same slug, but only in bulk calls", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const { price } = await studio.node.prices.create({
    price: {
      type: 'usage',
      slug: 'team_price',
      usageMeterId: pricingModel.usageMeters[0]?.id ?? '',
      unitPrice: 1,
      usageEventsPerUnit: 1,
      intervalUnit: 'month',
      intervalCount: 1,
      isDefault: false,
    },
  })
  const usageEvent = { subscriptionId: id, transactionId: 't', amount: 1, priceSlug: 'team_price' }
  await expect(studio.node.usageEvents.create({ usageEvent })).rejects.toMatchObject({
    error: { error: expect.stringContaining('does not have a usage meter') },
  })
  expect(await studio.admin.bulkCreateUsageEvents({ usageEvents: [usageEvent] })).toMatchObject({
    usageEvents: [{ priceId: price.id }],
  })
})

describe('a meter that counts distinct properties', () => {
  it('stores all events with equal properties but charges only the first one', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.use('ada', 'viewers', 3, { user: 'a', seat: { row: 1, place: 2 } })
    await studio.use('ada', 'viewers', 5, { seat: { place: 2, row: 1 }, user: 'a' })
    await studio.use('ada', 'viewers', 1, { user: 'b', seat: { row: 1, place: 2 } })
    expect(await studio.balances('ada')).toMatchObject({ viewers: -4 })
    expect((await studio.node.get('/api/v1/usage-events')) as object).toMatchObject({ total: 3 })
  })

  it('counts the same property values again in the next period', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.use('ada', 'viewers', 1, { user: 'a' })
    await studio.renew('ada')
    await studio.use('ada', 'viewers', 1, { user: 'a' })
    expect(await studio.balances('ada')).toMatchObject({ viewers: -2 })
  })

  it('rejects events after a cancellation', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = await studio.subscribe('ada', 'team_price')
    await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } })
    const late = (usageMeterSlug: string) => ({
      ...event(id, 'late', 1, usageMeterSlug),
      properties: { user: 'a' },
    })
    const { usageEvent } = await studio.node.usageEvents.create({ usageEvent: late('render') })
    expect(usageEvent.billingPeriodId).toBeNull()
    await expect(studio.node.usageEvents.create({ usageEvent: late('viewers') })).rejects.toMatchObject({
      status: 500,
      error: {
        error: expect.stringContaining(
          'Invalid billingPeriod: Billing period is required for usage meter "Viewers"',
        ),
      },
    })
    await expect(
      studio.node.post('/api/v1/usage-events/bulk', { body: { usageEvents: [late('viewers')] } }),
    ).rejects.toMatchObject({
      error: {
        error:
          'Invalid billingPeriod: required for usage meter "Viewers" at index 0 (count_distinct_properties aggregation)',
      },
    })
  })

  it('rejects events without properties', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    for (const properties of [undefined, {}])
      await expect(studio.use('ada', 'viewers', 1, properties)).rejects.toMatchObject({
        status: 500,
        error: {
          error: expect.stringMatching(
            /^Invalid properties: Properties are required for usage meter "Viewers"/,
          ),
        },
      })
  })

  it('counts properties as different if a list is reordered or a number is a string', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    for (const at of [[1, 2], [2, 1], ['1', 2], { 0: 1, 1: 2 }, null])
      await studio.use('ada', 'viewers', 1, { at })
    expect(await studio.balances('ada')).toMatchObject({ viewers: -5 })
  })

  it('counts properties separately for each subscription and meter, and each transaction ID only once', async () => {
    await using studio = await startStudio()
    for (const name of ['ada', 'grace']) await studio.customer(name)
    const [ada, grace] = [await studio.plan('ada'), await studio.plan('grace')]
    const seen = (id: string, transactionId: string, user: string, amount = 1) => ({
      ...event(id, transactionId, amount, 'viewers'),
      properties: { user },
    })
    const bulk = async (...usageEvents: object[]) =>
      (
        (await studio.node.post('/api/v1/usage-events/bulk', { body: { usageEvents } })) as {
          usageEvents: { transactionId: string }[]
        }
      ).usageEvents.map((e) => e.transactionId)
    expect(
      await bulk(
        seen(ada.id, 'a', 'x', 3),
        seen(ada.id, 'b', 'x', 9),
        seen(grace.id, 'c', 'x', 2),
        seen(ada.id, 'a', 'y'),
        event(ada.id, 'a', 5),
      ),
    ).toEqual(['a', 'b', 'c', 'a'])
    expect(await bulk(seen(ada.id, 'd', 'x'), seen(ada.id, 'c', 'z'))).toEqual(['d'])
    expect(await studio.balances('ada')).toEqual({ viewers: -3, render: 80 })
    expect(await studio.balances('grace')).toMatchObject({ viewers: -2 })
  })
})

it('keeps the balance equal to grants minus usage after any sequence of operations', async () => {
  await using studio = await startStudio()
  const step = fc.oneof(
    fc.record({ use: fc.integer({ min: 1, max: 400 }) }),
    fc.record({ again: fc.nat(5) }),
    fc.constant({ pack: true }),
  )
  let customers = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const ada = await studio.customer(`ada-${++customers}`)
      const { id } = await studio.plan(ada)
      let expected = 85
      const sent: string[] = []
      for (const s of steps) {
        if ('pack' in s) {
          const { pay } = await studio.checkout(ada, 'render_pack')
          await pay()
          expected += 100
        } else if ('use' in s) {
          const transactionId = `${ada}-${sent.length}`
          sent.push(transactionId)
          await studio.node.usageEvents.create({ usageEvent: event(id, transactionId, s.use) })
          expected -= s.use
        } else if (sent[s.again]) {
          await studio.node.usageEvents.create({ usageEvent: event(id, sent[s.again] ?? '', 9) })
        }
      }
      expect(await studio.balances(ada)).toEqual({ render: expected })
    }),
    { numRuns: 15 },
  )
})

it("lets FlowgladServer read a customer's billing and record usage", async () => {
  await using studio = await startStudio()
  const flowglad = studio.server('ada')
  const billing = await flowglad.getBilling()
  expect(billing.currentSubscription).toMatchObject({ isFreePlan: true })
  expect(billing.checkUsageBalance('render')).toMatchObject({ availableBalance: 85 })
  expect(billing.checkUsageBalance('exports')).toBeNull()
  expect(billing.checkFeatureAccess('watermark_free')).toBe(false)
  expect(billing.getPrice('team_price')).toMatchObject({ unitPrice: 4900 })
  expect(billing.hasPurchased('team')).toBe(false)
  await flowglad.createUsageEvent({
    subscriptionId: billing.currentSubscription?.id ?? '',
    transactionId: 'one',
    amount: 5,
    usageMeterSlug: 'render',
  })
  const { usageMeterBalances } = await flowglad.getUsageMeterBalances()
  expect(usageMeterBalances).toMatchObject([{ slug: 'render', availableBalance: 80 }])
})
