import { APIError } from '@flowglad/node'
import { describe, expect, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { createFlowgladClient } from '../../src/flowglad/flowgladClient.ts'
import { createUsageEvent, createUsageEvents, isSameEvent } from '../../src/flowglad/usageEventRequests.ts'
import type { UsageEvent } from '../../src/ledger/answers.ts'

const anEvent = (event: Partial<UsageEvent> = {}): UsageEvent => ({
  customer: 'ada',
  attempt: 't1',
  meter: 'tokens',
  subscription: 'sub_1',
  amount: 3,
  usageDate: Date.now(),
  properties: {},
  price: { usageMeterSlug: 'tokens' },
  parkedBefore: false,
  ...event,
})

const recorded = {
  transactionId: 't1',
  subscriptionId: 'sub_1',
  amount: 3,
  properties: { meter: 'tokens' },
}

/** Returns a client whose requests for usage events call `respond` instead of Flowglad. */
const answering = (respond: () => Promise<unknown>) => ({
  ...createFlowgladClient({ secretKey: 'unused' }, { deadlineMs: 1_000, logger: silent }),
  createUsageEvent: respond,
  createUsageEvents: respond,
})

describe('an event that Flowglad has', () => {
  test('matches our event if its transaction ID, subscription, amount and meter are equal', () => {
    expect(isSameEvent(recorded, anEvent())).toBe(true)
  })

  test.each([
    ['transaction ID differs', { transactionId: 't2' }],
    ['subscription differs', { subscriptionId: 'sub_2' }],
    ['amount differs', { amount: 4 }],
    ['meter differs', { properties: { meter: 'images' } }],
    ['meter is missing', { properties: null }],
  ])('does not match our event if its %s', async (_, changed) => {
    const other = { ...recorded, ...changed }
    expect(isSameEvent(other, anEvent())).toBe(false)
    const single = answering(async () => ({ usageEvent: other }))
    expect(await createUsageEvent(single, anEvent(), 'ledger')).toEqual({ state: 'conflict' })
    const bulk = answering(async () => ({ usageEvents: [other] }))
    expect(await createUsageEvents(bulk, [anEvent()], 'ledger')).toMatchObject({
      recorded: [],
      omitted: [{ attempt: 't1' }],
    })
  })
})

test('does not acknowledge the events that a bulk response omits', async () => {
  const [first, second] = [anEvent(), anEvent({ attempt: 't2' })]
  const flowglad = answering(async () => ({ usageEvents: [recorded] }))
  expect(await createUsageEvents(flowglad, [first, second], 'ledger')).toEqual({
    state: 'recorded',
    recorded: [{ event: first, priceId: null }],
    omitted: [second],
  })
})

test.each([
  'Invalid price at index 1',
  '[{"code":"too_big","path":["usageEvents",1,"amount"],"message":"Too big"}]',
])('finds the event that the error %j names', async (error) => {
  const events = [anEvent(), anEvent({ attempt: 't2' }), anEvent({ attempt: 't3' })]
  const flowglad = answering(async () => {
    throw new APIError(400, { error, code: 'BAD_REQUEST' }, undefined, new Headers())
  })
  expect(await createUsageEvents(flowglad, events, 'ledger')).toMatchObject({
    state: 'rejected',
    culprit: { attempt: 't2' },
  })
})
