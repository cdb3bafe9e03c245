import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

const details = (externalId: string) => ({ externalId, name: 'A', email: 'not an address' })

it('rejects a duplicate external ID until the first customer is archived', async () => {
  await using studio = await startStudio()
  const { node } = studio
  const create = () => node.customers.create({ customer: details('ada') })
  const first = (await create()).data
  await expect(create()).rejects.toMatchObject({
    status: 409,
    error: {
      code: 'CONFLICT',
      error: 'This pricing model id external id unique idx already exists. Please choose a different value.',
    },
  })
  const archive = () => node.post('/api/v1/customers/ada/archive', { body: {} })
  expect(await archive()).toMatchObject({ customer: { id: first.customer.id, archived: true } })
  expect(await archive()).toMatchObject({ customer: { id: first.customer.id, archived: true } })
  for (const path of ['', '/billing', '/usage-balances'])
    await expect(node.get(`/api/v1/customers/ada${path}`)).rejects.toMatchObject({
      status: 404,
      error: { code: 'NOT_FOUND', error: 'Customer with externalId ada not found' },
    })
  await expect(
    node.usageEvents.create({
      usageEvent: {
        subscriptionId: first.subscription?.id ?? '',
        transactionId: 't',
        amount: 1,
        usageMeterSlug: 'render',
      },
    }),
  ).rejects.toMatchObject({
    status: 500,
    error: { error: 'Cannot create usage event for archived customer' },
  })
  const second = (await create()).data
  expect(second.customer.id).not.toBe(first.customer.id)
  expect(await archive()).toMatchObject({ customer: { id: second.customer.id } })
})

it('changes only the given fields and never the external ID', async () => {
  await using studio = await startStudio()
  const { node } = studio
  await node.customers.create({ customer: { ...details('ada'), domain: 'ada.example' } })
  const before = (await node.customers.retrieve('ada')).customer
  const answer = await node.put('/api/v1/customers/ada', {
    body: { customer: { externalId: 'grace', id: 'x', name: 'Ada', domain: null, shoeSize: 39 } },
  })
  expect(answer).toEqual({
    customer: { ...before, name: 'Ada', domain: null, updatedAt: expect.any(Number) },
  })
  await expect(node.customers.update('nobody', { customer: {} })).rejects.toMatchObject({ status: 404 })
})

it('starts the default plan even for a customer that is created as archived', async () => {
  await using studio = await startStudio()
  const { node } = studio
  await node.customers.create({ customer: details('ada') })
  const { data } = await node.customers.create({ customer: { ...details('ada'), archived: true } })
  expect(data).toMatchObject({
    customer: { archived: true },
    subscription: { name: 'Hobby Subscription', status: 'active', current: true },
    subscriptionItems: [{ name: 'Hobby' }],
  })
  expect((await node.customers.retrieve('ada')).customer).toMatchObject({ archived: false })
})

it('starts the default plan even if its price is archived', async () => {
  await using studio = await startStudio()
  const { node } = studio
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const { id } = pricingModel.products.find(({ slug }) => slug === 'hobby')?.prices[0] ?? { id: '' }
  await node.prices.update(id, {
    price: { id, type: 'subscription', isDefault: true, active: false },
  })
  await studio.customer('ada')
  expect(await studio.plan('ada')).toMatchObject({ priceId: id, name: 'Hobby Subscription' })
})

it('rejects an unknown user ID', async () => {
  await using studio = await startStudio()
  const { node } = studio
  const unknown = {
    status: 400,
    error: {
      code: 'BAD_REQUEST',
      error: "This operation references data that does not exist or you don't have access to.",
    },
  }
  await expect(node.customers.create({ customer: { ...details('ada'), userId: 'u' } })).rejects.toMatchObject(
    unknown,
  )
  await node.customers.create({ customer: { ...details('ada'), userId: null } })
  await expect(node.customers.update('ada', { customer: { userId: '' } })).rejects.toMatchObject(unknown)
})

it('does not archive a customer who has a scheduled plan change', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'agency_price')
  await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'team_price' }] },
  })
  await expect(studio.node.post('/api/v1/customers/ada/archive', { body: {} })).rejects.toMatchObject({
    status: 500,
    error: {
      error: `Failed to cancel subscription ${id}: Invalid subscription: A scheduled adjustment is pending. Cancel the scheduled adjustment before canceling the subscription.`,
    },
  })
  expect(await studio.plan('ada')).toMatchObject({ id, status: 'active' })
})

it('accepts any JSON as the body of a call that requires no fields', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const send = (path: string, method: string, body: string) =>
    fetch(`${studio.url}/api/v1/${path}`, {
      method,
      body,
      headers: { authorization: studio.key, 'content-type': 'application/json' },
    })
  for (const body of ['null', '[]', '5', '"x"'])
    expect((await send('customers/ada/archive', 'POST', body)).status).toBe(200)
  await studio.customer('ada')
  const answer = await send('customers/ada', 'PUT', 'null')
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { error: [{ code: 'invalid_type', expected: 'object', path: ['customer'] }] },
  ])
})

it('returns balances for the current plan or for a requested subscription in any state', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.customer('grace')
  const free = await studio.plan('ada')
  await studio.use('ada', 'render', 80)
  await studio.subscribe('ada', 'team_price')
  const balances = async (query: string) => {
    const answer = (await studio.node.get(`/api/v1/customers/ada/usage-balances${query}`)) as {
      usageMeterBalances: { slug: string; availableBalance: number; subscriptionId: string }[]
    }
    return Object.fromEntries(answer.usageMeterBalances.map((row) => [row.slug, row.availableBalance]))
  }
  expect(await balances('')).toEqual({ render: 600, exports: 40 })
  expect(await balances('?subscriptionId=')).toEqual({ render: 600, exports: 40 })
  expect(await balances(`?subscriptionId=${free.id}`)).toEqual({ render: 5 })
  const { id } = await studio.plan('grace')
  await expect(balances(`?subscriptionId=${id}`)).rejects.toMatchObject({
    status: 404,
    error: { error: `Subscription with id ${id} not found for customer ada` },
  })
})
