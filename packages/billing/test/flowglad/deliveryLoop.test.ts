import { expect, test } from 'vitest'
import type { Clock } from '../../src/config/clock.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { testClock as billingClock } from '../../src/testing/testClock.ts'
import { aLeg, aReserve, aSettle, aTakeLease, fetched, units } from '../ledger/builders.ts'
import { testClock } from '../ledger/testClock.ts'
import { type RestoreState, startDelivery } from './startDelivery.ts'
import { until } from './until.ts'

/** A pause that exceeds any test's timeout, so only new usage can end it. */
const never = 3_600_000

const waiting = async ({ ledger }: ReturnType<typeof startDelivery>) => (await ledger.health()).waiting

/** Starts delivery and waits until it has checked the empty outbox once. */
async function runIdle(setup: Parameters<typeof startDelivery>[0]) {
  const ledger = setup.ledger ?? sqliteLedger(':memory:')
  let looks = 0
  const customersToDeliver: typeof ledger.customersToDeliver = (limit) => {
    looks++
    return ledger.customersToDeliver(limit)
  }
  const node = startDelivery({
    ...setup,
    ledger: { ...ledger, customersToDeliver },
    options: { deliverAfterMs: 0, deliverEveryMs: never, ...setup.options },
  })
  const running = node.delivery.run(node.stopping)
  await until(() => expect(looks).toBe(1))
  return { node, running }
}

test('delivers usage as soon as it is settled', async () => {
  const { node, running } = await runIdle({})
  await using _ = node
  await node.ledger.execute(aSettle())
  await until(async () => expect(await waiting(node)).toBe(0))
  node.stop()
  await running
})

test('delivers usage as soon as it is booked at expiry', async () => {
  const clock = testClock()
  const { node, running } = await runIdle({ ledger: sqliteLedger(':memory:', { clock }) })
  await using _ = node
  await fetched(node.ledger, units(10))
  await node.ledger.execute(aReserve({ legs: [aLeg({ onExpiry: 'settle' })], ttlMs: 1_000 }))
  clock.advance(1_000)
  await node.ledger.execute({ type: 'expire', customer: 'ada' })
  expect(await waiting(node)).toBe(1)
  await until(async () => expect(await waiting(node)).toBe(0))
  node.stop()
  await running
})

test('stops listening to the ledger when delivery stops', async () => {
  const ledger = sqliteLedger(':memory:')
  let listeners = 0
  const onCommit: typeof ledger.onCommit = (listener) => {
    listeners++
    const stopListening = ledger.onCommit(listener)
    return () => {
      listeners--
      stopListening()
    }
  }
  const { node, running } = await runIdle({ ledger: { ...ledger, onCommit } })
  await using _ = node
  expect(listeners).toBe(1)
  node.stop()
  await running
  expect(listeners).toBe(0)
})

test('lengthens the pause after each failed pass, up to the maximum', async () => {
  const pauses: number[] = []
  let stop = () => {}
  const clock: Clock = {
    now: () => 0,
    after(ms, run) {
      pauses.push(ms)
      if (pauses.length === 20) stop()
      const next = setImmediate(run)
      return () => clearImmediate(next)
    },
  }
  const ledger = sqliteLedger(':memory:')
  await using node = startDelivery({
    ledger: { ...ledger, customersToDeliver: () => Promise.reject(new Error('unavailable')) },
    clock,
    options: { deliverMaxPauseMs: 4_000, deliverEveryMs: 1 },
  })
  stop = node.stop
  await node.delivery.run(node.stopping)
  expect(pauses[0]).toBeLessThanOrEqual(1_001)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(4_001)
  expect(Math.min(...pauses.slice(4))).toBeGreaterThanOrEqual(2_000)
})

test('sends smaller bulk requests only while requests time out', async () => {
  const sizes: number[] = []
  let maxEvents = 2
  await using node = startDelivery({
    options: { bulkMaxEvents: 8, maxBulks: 1 },
    async respond(events) {
      sizes.push(events.length)
      if (events.length > maxEvents) throw new Error('Request timed out.')
    },
  })
  const settleEight = () =>
    Promise.all(Array.from({ length: 8 }, (_, n) => node.ledger.execute(aSettle({ customer: `u${n}` }))))
  await settleEight()
  for (let n = 0; n < 20; n++) await node.delivery.drain()
  expect(await waiting(node)).toBe(0)
  expect(sizes.slice(0, 3)).toEqual([8, 4, 2])
  maxEvents = 8
  for (let n = 0; n < 3; n++) {
    await settleEight()
    expect(await node.delivery.drain()).toBe(true)
  }
  expect(sizes.at(-1)).toBe(8)
})

test('sends fewer parallel requests only while requests time out', async () => {
  let requests = 0
  let isSlow = true
  await using node = startDelivery({
    options: { bulkMaxEvents: 2, maxBulks: 4 },
    async respond() {
      requests++
      await new Promise(setImmediate)
      if (isSlow) throw new Error('Request timed out.')
    },
  })
  const settleEight = () =>
    Promise.all(Array.from({ length: 8 }, (_, n) => node.ledger.execute(aSettle({ customer: `u${n}` }))))
  const atATime = async () => {
    requests = 0
    await node.delivery.drain()
    return requests
  }
  await settleEight()
  // A drain ends when its parallel requests time out, so each drain sends only one round of requests.
  expect([await atATime(), await atATime(), await atATime(), await atATime()]).toEqual([4, 2, 1, 1])

  isSlow = false
  for (let n = 0; n < 4; n++) {
    expect(await node.delivery.drain()).toBe(true)
    await settleEight()
  }
  isSlow = true
  expect(await atATime()).toBe(4)
})

test("delivers other customers' usage while one event gets no response", async () => {
  const clock = billingClock()
  const bad = aSettle()
  let isUnanswered = (_: string) => true
  await using node = startDelivery({
    clock,
    options: { bulkMaxEvents: 8, maxBulks: 1, parkAfterFailures: 0, parkAfterMs: 0 },
    async respond(events) {
      if (events.some(({ transactionId }) => isUnanswered(transactionId))) throw new Error('socket hang up')
    },
  })
  const settleTwelve = () =>
    Promise.all(Array.from({ length: 12 }, (_, n) => node.ledger.execute(aSettle({ customer: `u${n}` }))))
  /** Delivers until only `count` events are waiting. Skips the backoffs between attempts. */
  const deliversDownTo = (count: number) =>
    expect
      .poll(async () => {
        await clock.advance(60_000)
        await node.delivery.drain()
        return node.ledger.health()
      })
      .toMatchObject({ waiting: count, parked: 0 })

  await node.ledger.execute(bad)
  await settleTwelve()
  expect(await node.delivery.drain()).toBe(false)
  expect(await waiting(node)).toBe(13)
  isUnanswered = (transactionId) => transactionId === bad.attempt
  await deliversDownTo(1)
  await settleTwelve()
  await deliversDownTo(1)
  isUnanswered = () => false
  await deliversDownTo(0)
})

test('resends an event in the next drain if its acknowledgement fails', async () => {
  const inner = sqliteLedger(':memory:')
  let failures = 3
  const sent: string[] = []
  const ledger: Ledger = {
    ...inner,
    execute(command) {
      if (command.type === 'acknowledge' && failures-- > 0) return Promise.reject(new Error('disk full'))
      return inner.execute(command)
    },
  }
  await using node = startDelivery({
    ledger,
    respond: async (events) => void sent.push(...events.map(({ transactionId }) => transactionId)),
  })
  await ledger.execute(aSettle())
  expect(await node.delivery.drain()).toBe(false)
  expect(sent).toHaveLength(1)
  failures = 0
  expect(await node.delivery.drain()).toBe(true)
  expect(new Set(sent).size).toBe(1)
})

test("ends a delivery's lease with the acknowledgement of the last event", async () => {
  const inner = sqliteLedger(':memory:')
  const commands: string[] = []
  const ledger: Ledger = {
    ...inner,
    execute(command) {
      commands.push(command.type)
      return inner.execute(command)
    },
  }
  await using node = startDelivery({ ledger })
  for (const customer of ['ada', 'ada', 'bob']) await inner.execute(aSettle({ customer }))
  expect(await node.delivery.drain()).toBe(true)
  expect(commands).toEqual(['takeLease', 'takeLease', 'acknowledge', 'acknowledge'])
  expect(await inner.execute(aTakeLease())).toMatchObject({ state: 'taken' })
})

test("delivers a busy customer's events in full requests", async () => {
  const sizes: number[] = []
  await using node = startDelivery({ respond: async (events) => void sizes.push(events.length) })
  const settle = (customer: string) => node.ledger.execute(aSettle({ customer }))
  await Promise.all(Array.from({ length: 1_000 }, () => settle('ada')))
  expect(await node.delivery.drain()).toBe(true)
  expect(sizes).toEqual(Array.from({ length: 10 }, () => 100))
})

test('sends all usage that arrives during a wait in one request', async () => {
  const sizes: number[] = []
  const { node, running } = await runIdle({
    respond: async (events) => void sizes.push(events.length),
    options: { deliverAfterMs: never },
  })
  await using _ = node
  for (const customer of ['ada', 'bob', 'eve']) await node.ledger.execute(aSettle({ customer }))
  expect(await node.delivery.drain()).toBe(true)
  expect(sizes).toEqual([3])
  node.stop()
  await running
})

test.each<[string, Partial<RestoreState>]>([
  ['before the ledger has been checked for a restore', { tryCheck: async () => 'failed' }],
  ["while Flowglad doesn't respond to the check for a restore", { tryCheck: async () => 'unavailable' }],
  ['before the ledger has recovered its lost usage', { isRecovering: true }],
  ['if the ledger is restored while the delivery takes its leases', { isStillReady: async () => false }],
])('delivers nothing %s', async (_, restored) => {
  let requests = 0
  await using node = startDelivery({
    restored,
    respond: async () => {
      requests += 1
    },
  })
  await node.ledger.execute(aSettle())
  expect(await node.delivery.drain()).toBe(false)
  expect(requests).toBe(0)
  expect(await waiting(node)).toBe(1)
})
