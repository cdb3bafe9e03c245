import { expect, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { createFlowgladClient } from '../../src/flowglad/flowgladClient.ts'
import { lookUpUsageEvents } from '../../src/flowglad/lookUpUsageEvents.ts'
import type { UsageEvent } from '../../src/ledger/answers.ts'
import { spend } from './spending.ts'
import { aUser, startStack } from './startStack.ts'

const always = async () => true
const event = (subscription: string, attempt: string): UsageEvent => ({
  customer: 'ada',
  attempt,
  meter: 'generations',
  subscription,
  amount: 1,
  usageDate: Date.now(),
  properties: {},
  price: { usageMeterSlug: 'generations' },
  parkedBefore: false,
})

test('distinguishes recorded events from missing events, even if Flowglad has many newer events', async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, aUser())
  const { currentSubscription } = await stack.atFlowglad.sdk.customers.retrieveBilling('ada')
  const subscription = currentSubscription?.id ?? ''
  const usageEvents = Array.from({ length: 250 }, (_, n) => ({
    subscriptionId: subscription,
    transactionId: `t${n}`,
    amount: 1,
    usageMeterSlug: 'generations',
    properties: { meter: 'generations' },
  }))
  await stack.atFlowglad.sdk.post('/api/v1/usage-events/bulk', { body: { usageEvents } })
  const client = createFlowgladClient(
    { secretKey: stack.flowglad.key, baseUrl: stack.proxy.url },
    { deadlineMs: 10_000, logger: silent },
  )
  const [first, last, missing, other] = [
    event(subscription, 't0'),
    event(subscription, 't249'),
    event(subscription, 'never sent'),
    event('sub_other', 't1'),
  ] as const
  const found = await lookUpUsageEvents(client, [first, last, missing, other], always)
  expect([first, last, missing, other].map((one) => found.get(one)?.state)).toEqual([
    'recorded',
    'recorded',
    'missing',
    'missing',
  ])
  // The newest page contains `last`, so one request is enough.
  const before = stack.proxy.seen.length
  await lookUpUsageEvents(client, [last], always)
  expect(stack.proxy.seen.length - before).toBe(1)
})

test('stops at events older than the usage or after a maximum number of pages', async () => {
  const sought = event('sub', 'a')
  let pages = 0
  const pagesFrom = (createdAt: (page: number) => number) => ({
    async newestUsageEvents() {
      const other = { transactionId: 'b', subscriptionId: 'sub', amount: 1, createdAt: createdAt(pages++) }
      return { data: [other], nextCursor: 'next' }
    },
  })
  const hour = 3_600_000
  const older = await lookUpUsageEvents(
    pagesFrom((page) => Date.now() - page * hour),
    [sought],
    always,
  )
  expect(older.get(sought)).toEqual({ state: 'missing' })
  expect(pages).toBe(2)
  const endless = await lookUpUsageEvents(
    pagesFrom(() => Date.now()),
    [sought],
    always,
  )
  expect(endless.get(sought)).toEqual({ state: 'unknown' })
})
