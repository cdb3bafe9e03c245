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

it('changes only the given fields, and never the external ID', async () => {
  await using studio = await startStudio()
  const { node } = studio
  await node.customers.create({ customer: { ...details('ada'), domain: 'ada.example', userId: 'u' } })
  const before = (await node.customers.retrieve('ada')).customer
  const answer = await node.put('/api/v1/customers/ada', {
    body: { customer: { externalId: 'grace', id: 'x', name: 'Ada', domain: null, shoeSize: 39 } },
  })
  expect(answer).toEqual({
    customer: { ...before, name: 'Ada', domain: null, updatedAt: expect.any(Number) },
  })
  await expect(node.customers.update('nobody', { customer: {} })).rejects.toMatchObject({ status: 404 })
})

it('starts no plan for a customer that is created as archived', async () => {
  await using studio = await startStudio()
  const { node } = studio
  await node.customers.create({ customer: details('ada') })
  const { data } = await node.customers.create({ customer: { ...details('ada'), archived: true } })
  expect(data).toEqual({
    customer: expect.objectContaining({ archived: true }),
    subscription: null,
    subscriptionItems: null,
  })
  expect((await node.customers.retrieve('ada')).customer).toMatchObject({ archived: false })
})

it('returns balances for the current plan, or for a requested subscription in any state', async () => {
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
