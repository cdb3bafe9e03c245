import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

it('pages go through everything once, oldest first, and keep their place while more comes', async () => {
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

it.each(['0', '101', 'ten', '-1', '1.5', '', '1&limit=2'])('a limit of "%s" is refused', async (limit) => {
  await using studio = await startStudio()
  const answer = await fetch(`${studio.url}/api/v1/customers?limit=${limit}`, {
    headers: { authorization: studio.key },
  })
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: expect.any(String), request_id: expect.any(String) },
  ])
})

it('a cursor that no page gave is refused', async () => {
  await using studio = await startStudio()
  await expect(studio.node.customers.list({ cursor: 'bm8=' })).rejects.toMatchObject({ status: 400 })
})

it('every list that the SDK has answers', async () => {
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

it('what is left out answers 501 with a sentence', async () => {
  await using studio = await startStudio()
  for (const call of [studio.node.discounts.list(), studio.node.discounts.retrieve('d')])
    await expect(call).rejects.toMatchObject({
      status: 501,
      error: { code: 'NOT_IMPLEMENTED', error: expect.stringMatching(/\.$/) },
    })
})
