// In these tests, two servers share one ledger in PostgreSQL.
import { randomUUID } from 'node:crypto'
import { expect } from '@playwright/test'
import { test } from '../test.ts'
import { statuses } from './statuses.ts'

test.use({ stackOptions: { database: 'postgres', servers: 2 } })
test.describe.configure({ mode: 'default' })

test('allows exactly 250 of 400 concurrent two-unit calls on two nodes when 500 units are available', async ({
  stack,
  records,
  customer,
}) => {
  test.slow()
  await customer.buy('pro_monthly')
  const input = { prompt: 'two boats', count: 2 }
  const results = await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const url = stack.urls[i % stack.urls.length]
      for (;;) {
        const result = await customer.call('studio.generate', input, { url })
        // If a node's queue has no room for the customer's call, the node returns 503.
        if (result.status !== 503) return result
      }
    }),
  )
  expect(statuses(results)).toEqual({ 200: 250, 402: 150 })
  await expect.poll(() => records.used(customer), { timeout: 20_000 }).toEqual({ generations: 500 })
})

test("returns one node's stored result from the other node", async ({ stack, records, customer }) => {
  const key = randomUUID()
  const input = { prompt: 'an orchard', count: 2 }
  const [first, again] = [
    await customer.call('studio.generate', input, { key, url: stack.urls[0] }),
    await customer.call('studio.generate', input, { key, url: stack.urls[1] }),
  ]
  expect(again.data).toEqual(first.data)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })
})

test('runs an operation once when both nodes receive it and returns its result from both', async ({
  stack,
  model,
  records,
  customer,
}) => {
  const key = randomUUID()
  const input = { prompt: 'a vineyard', count: 2 }
  const call = (url: string) => customer.call('studio.generate', input, { key, url })
  model.pausePictures()
  const both = Promise.all(stack.urls.map(call))
  await expect.poll(() => model.picturesInProgress()).toBe(2)
  await expect.poll(async () => (await call(stack.url)).error?.data.billing.code).toBe('IN_PROGRESS')
  expect(model.picturesInProgress()).toBe(2)
  model.finishPictures()
  const result = (await both).find(({ status }) => status === 200)
  expect(result).toBeDefined()
  for (const url of stack.urls) expect((await call(url)).data).toEqual(result?.data)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })
})
