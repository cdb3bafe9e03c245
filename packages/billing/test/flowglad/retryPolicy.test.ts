import { expect, test } from 'vitest'
import type { BillingOptions } from '../../src/config/options.ts'
import { RetryPolicy } from '../../src/flowglad/retryPolicy.ts'
import type { UsageEvent } from '../../src/ledger/answers.ts'

const minute = 60_000

/** Creates a policy. The test sets the time in `clock`. The jitter is always in the middle of its range. */
function aPolicy(options: Partial<BillingOptions> = {}) {
  const clock = { time: 0, now: () => clock.time }
  const policy = new RetryPolicy({
    options: {
      maxBulks: 4,
      bulkMaxEvents: 8,
      deliverEveryMs: 2_000,
      deliverMaxPauseMs: 4_000,
      parkAfterFailures: 10,
      parkAfterMs: 15 * minute,
      parkedRetryMs: 60 * minute,
      ...options,
    },
    clock,
    random: () => 0.5,
  })
  return { policy, clock }
}

const anEvent = (fields: Partial<UsageEvent> = {}): UsageEvent => ({
  customer: 'ada',
  attempt: 'attempt-1',
  meter: 'generations',
  subscription: 'sub_1',
  amount: 1,
  price: { usageMeterSlug: 'generations' },
  usageDate: 0,
  parkedBefore: false,
  properties: {},
  ...fields,
})

test('parks an event after ten counted rejections over fifteen minutes', () => {
  const { policy, clock } = aPolicy()
  const event = anEvent()
  const decisions: string[] = [policy.eventRejected(event)]
  for (let n = 0; n < 10; n++) {
    clock.time += 1.5 * minute
    policy.requestSucceeded()
    decisions.push(policy.eventRejected(event))
  }
  expect(decisions).toEqual([...Array(10).fill('retryLater'), 'park'])
})

test('does not park an event before fifteen minutes have passed', () => {
  const { policy, clock } = aPolicy()
  for (let n = 0; n < 30; n++) {
    policy.requestSucceeded()
    expect(policy.eventRejected(anEvent())).toBe('retryLater')
  }
  clock.time += 15 * minute
  expect(policy.eventRejected(anEvent())).toBe('park')
})

test('parks no event unless other requests succeed', () => {
  const { policy, clock } = aPolicy()
  for (let n = 0; n < 100; n++) {
    clock.time += minute
    expect(policy.eventRejected(anEvent())).toBe('retryLater')
  }
})

test('parks a previously parked event again after a single rejection', () => {
  expect(aPolicy().policy.eventRejected(anEvent({ parkedBefore: true }))).toBe('park')
})

test("forgets an event's failures once the event is acknowledged", () => {
  const { policy } = aPolicy()
  policy.eventRejected(anEvent())
  policy.eventResolved(anEvent())
  expect([policy.sendsAlone(anEvent()), policy.isBackingOff(anEvent())]).toEqual([false, false])
})

test("doubles a rejected event's pause, up to a tenth of parkAfterMs", () => {
  const { policy, clock } = aPolicy({ parkAfterMs: 80_000 })
  const pauses = Array.from({ length: 6 }, () => {
    policy.eventRejected(anEvent())
    const from = clock.time
    while (policy.isBackingOff(anEvent())) clock.time += 100
    return clock.time - from
  })
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
})

test('treats Flowglad as unavailable after an event gets no response, until another request succeeds', () => {
  const { policy } = aPolicy()
  expect(policy.eventUnanswered(anEvent())).toBe('flowgladUnavailable')
  expect(policy.eventUnanswered(anEvent())).toBe('flowgladUnavailable')
  expect(policy.sendsAlone(anEvent())).toBe(false)
  policy.requestSucceeded()
  expect(policy.eventUnanswered(anEvent())).toBe('retryLater')
  expect(policy.sendsAlone(anEvent())).toBe(true)
})

test('sends an event alone after the event has been rejected or parked', () => {
  const { policy } = aPolicy()
  policy.eventRejected(anEvent())
  expect(policy.sendsAlone(anEvent())).toBe(true)
  expect(policy.sendsAlone(anEvent({ attempt: 'other' }))).toBe(false)
  expect(policy.sendsAlone(anEvent({ attempt: 'other', parkedBefore: true }))).toBe(true)
})

test("pauses a customer's deliveries while all the customer's events are backing off", () => {
  const { policy, clock } = aPolicy()
  policy.eventRejected(anEvent())
  policy.customerTried('ada', [anEvent()], false)
  expect([policy.isCustomerBackingOff('ada'), policy.customersBackingOff()]).toEqual([true, 1])
  clock.time += 1_000
  expect([policy.isCustomerBackingOff('ada'), policy.customersBackingOff()]).toEqual([false, 0])
})

test("does not pause a customer's deliveries while other events can be sent", () => {
  const { policy } = aPolicy()
  policy.eventRejected(anEvent())
  policy.customerTried('ada', [anEvent(), anEvent({ attempt: 'other' })], false)
  policy.customerTried('ada', [anEvent()], true)
  expect(policy.isCustomerBackingOff('ada')).toBe(false)
})

test("pauses a customer's deliveries if Flowglad may be at fault for one event's failure", () => {
  const { policy } = aPolicy()
  policy.eventUnanswered(anEvent())
  policy.customerTried('ada', [anEvent(), anEvent({ attempt: 'other' })], true)
  expect(policy.isCustomerBackingOff('ada')).toBe(true)
})

test("ends one customer's backoff or all backoffs on request", () => {
  const { policy } = aPolicy()
  policy.eventRejected(anEvent())
  policy.customerTried('ada', [anEvent()], false)
  policy.retryCustomerNow('ada')
  expect(policy.isCustomerBackingOff('ada')).toBe(false)
  policy.customerTried('ada', [anEvent()], false)
  policy.retryAllCustomersNow()
  expect(policy.isCustomerBackingOff('ada')).toBe(false)
})

test('skips rejected events while they back off, up to a hundred per customer', () => {
  const { policy, clock } = aPolicy()
  for (let n = 0; n < 120; n++) policy.eventRejected(anEvent({ attempt: `ada-${n}` }))
  policy.eventRejected(anEvent({ customer: 'bob', attempt: 'bob-1' }))
  policy.eventUnanswered(anEvent({ customer: 'eve', attempt: 'eve-1' }))
  expect([...policy.skippedEvents()]).toEqual([
    ['ada', 100],
    ['bob', 1],
  ])
  expect([policy.canSkipMore(99), policy.canSkipMore(100)]).toEqual([true, false])
  clock.time += 1_000
  expect([...policy.skippedEvents()]).toEqual([])
})

test('sends fewer and smaller requests only while Flowglad is unavailable', () => {
  const { policy } = aPolicy()
  const loadAfter = (unavailable: boolean, timedOut: boolean) => {
    policy.adaptLoad({ unavailable, timedOut })
    return [policy.load.requests, policy.load.eventsPerRequest]
  }
  expect(policy.load).toEqual({ requests: 4, eventsPerRequest: 8 })
  expect(loadAfter(true, false)).toEqual([4, 4])
  expect(loadAfter(true, true)).toEqual([2, 2])
  expect(loadAfter(true, true)).toEqual([1, 1])
  expect(loadAfter(true, true)).toEqual([1, 1])
  expect(loadAfter(false, false)).toEqual([2, 2])
  expect(loadAfter(false, false)).toEqual([4, 4])
  expect(loadAfter(false, false)).toEqual([4, 8])
  expect(loadAfter(false, false)).toEqual([4, 8])
})

test('doubles the pause while Flowglad is unavailable, up to the maximum', () => {
  const { policy } = aPolicy()
  const pauses = Array.from({ length: 5 }, () => policy.pausesAfter('unavailable').alwaysMs)
  expect(pauses).toEqual([1_000, 2_000, 4_000, 4_000, 4_000].map((ms) => ms * 0.75))
  expect(policy.isUnavailable).toBe(true)
  policy.pausesAfter('progress')
  expect(policy.isUnavailable).toBe(false)
  expect(policy.pausesAfter('unavailable').alwaysMs).toBe(750)
})

test('doubles the pause after failed passes without treating Flowglad as unavailable', () => {
  const { policy } = aPolicy()
  const pauses = Array.from({ length: 2 }, () => policy.pausesAfter('failed').alwaysMs)
  expect(pauses).toEqual([1_000, 2_000].map((ms) => ms * 0.75))
  expect(policy.isUnavailable).toBe(false)
})

test('lets new usage end a pause early unless Flowglad is unavailable', () => {
  const { policy } = aPolicy()
  for (const state of ['idle', 'delivered', 'blocked'] as const)
    expect(policy.pausesAfter(state)).toEqual({ alwaysMs: 0, untilWokenMs: 2_000 })
  expect(policy.pausesAfter('progress')).toEqual({ alwaysMs: 0, untilWokenMs: 0 })
  expect(policy.pausesAfter('unavailable').untilWokenMs).toBe(0)
})
