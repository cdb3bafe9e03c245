import { expect, test } from 'vitest'
import type { Clock } from '../../src/config/clock.ts'
import { silent } from '../../src/config/logger.ts'
import { defaultOptions } from '../../src/config/options.ts'
import { Delivery } from '../../src/flowglad/delivery.ts'
import { EventSender } from '../../src/flowglad/eventSender.ts'
import { createFlowgladClient } from '../../src/flowglad/flowgladClient.ts'
import { createLeases } from '../../src/flowglad/leases.ts'
import { RetryPolicy } from '../../src/flowglad/retryPolicy.ts'
import { sqliteLedger } from '../../src/index.ts'
import { ledgerFile } from './ledgerFile.ts'
import { bodies, bulk, chargeOf, poison, rejection, spend, usageEvents } from './spending.ts'
import { aUser, type Stack, startStack } from './startStack.ts'
import { until } from './until.ts'

test('with /usage-events blocked, calls succeed, and their usage arrives once after it opens', async () => {
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'refused' } : undefined))
  for (let n = 0; n < 4; n++) await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(1))
  expect(await stack.books.events()).toEqual([])
  stack.proxy.mend()
  await expect.poll(() => stack.books.available(aUser(), 'generations')).toBe(6)
  expect(await stack.books.events()).toHaveLength(4)
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
})

test('usage whose answers were lost is sent again and billed once', async () => {
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(2))
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.books.events()).toHaveLength(3)
  expect(await stack.books.available(aUser(), 'generations')).toBe(7)
})

test.each([
  ['a page of a gateway', { state: 'page', status: 502 }],
  ['JSON of somebody else', { state: 'json', status: 200, body: { hello: 'world' } }],
  ['too many requests', { state: 'json', status: 429, body: { ...rejection, code: 'TOO_MANY_REQUESTS' } }],
  ['a rejected key', { state: 'page', status: 401 }],
] as const)('%s says nothing about an event: it waits, and nothing is parked', async (_, fault) => {
  await using stack = await startStack({ options: { parkAfterMs: 0, parkAfterFailures: 0 } })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? fault : undefined))
  await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(2))
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
})

test("many customers' events travel in one bulk", async () => {
  await using stack = await startStack({ started: false })
  const users = Array.from({ length: 12 }, (_, n) => aUser(`u${n}`))
  await Promise.all(users.map((user) => spend(stack, user)))
  expect(await stack.billing.drain()).toBe(true)
  expect(bodies(stack, usageEvents)).toHaveLength(1)
  expect(await stack.books.events()).toHaveLength(12)
})

test("one customer's poison never delays another's usage", async () => {
  // No pause before the poison is tried again: it is due each time.
  await using stack = await startStack({ started: false, options: { parkAfterMs: 0, parkAfterFailures: 99 } })
  const users = Array.from({ length: 8 }, (_, n) => aUser(`u${n}`))
  for (const user of users) await spend(stack, user)
  // An archived customer's usage is rejected, and a bulk that contains it is rejected altogether.
  await stack.books.sdk.post('/api/v1/customers/u3/archive', { body: {} })
  await stack.billing.drain()
  expect(await stack.books.events()).toHaveLength(7)
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })

  for (const user of users.slice(0, 3)) await spend(stack, user)
  const before = bodies(stack, bulk).length
  await stack.billing.drain()
  expect(await stack.books.events()).toHaveLength(10)
  // What failed before goes alone: its neighbours' bulk is not rejected again.
  expect(bodies(stack, bulk).length - before).toBe(1)
})

test("one poisoned event delays its own customer's other usage no longer than another customer's", async () => {
  // Two at a time: behind the oldest, which is poisoned, there is room for one.
  await using stack = await startStack({ started: false, options: { maxBulks: 1, bulkMaxEvents: 2 } })
  await poison(stack, () => true)
  for (let n = 0; n < 6; n++) await spend(stack, aUser())
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  expect(await stack.books.available(aUser(), 'generations')).toBe(4)
})

test('a customer whose oldest usage is poisoned altogether is not left in peace before what is behind it was looked at', async () => {
  // One at a time: all that a delivery takes is poisoned. Nobody wakes it for the others.
  await using stack = await startStack({ started: false, options: { maxBulks: 1, bulkMaxEvents: 1 } })
  await poison(stack, () => true)
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await stack.billing.start()
  await until(async () => expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 }))
  expect(await stack.books.available(aUser(), 'generations')).toBe(7)
})

test('events that a bulk answer omits, since Flowglad has them, are asked for alone and acknowledged', async () => {
  await using stack = await startStack({ started: false })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  await spend(stack, aUser(), 1)
  await spend(stack, aUser(), 2)
  await stack.billing.drain()
  stack.proxy.mend()
  await spend(stack, aUser(), 3)
  expect(await stack.billing.drain()).toBe(true)
  expect((await stack.books.events()).map(({ amount }) => amount).sort()).toEqual([1, 2, 3])
})

test("an event that Flowglad has under another customer's subscription is not taken for ours", async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, aUser('bob'))
  await stack.billing.drain()
  const { currentSubscription: bobs } = await stack.books.sdk.customers.retrieveBilling('bob')
  const transactionId = await chargeOf(stack, aUser(), 2)
  // Somebody with the API key used the same transaction id.
  await stack.books.sdk.usageEvents.create({
    usageEvent: { subscriptionId: bobs?.id ?? '', transactionId, amount: 9, usageMeterSlug: 'generations' },
  })
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1 })
  expect(
    (await stack.ledger.charges({ customer: 'ada', limit: 1, cursor: null })).charges[0]?.state,
  ).not.toBe('delivered')
})

test('a body that stalls ends at the deadline, and the usage is delivered later, once', async () => {
  await using stack = await startStack({ options: { flowgladDeadlineMs: 1_000 } })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'bodyStalls' } : undefined))
  await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(1))
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.books.events()).toHaveLength(1)
})

test('bulks grow smaller while Flowglad is too slow for them', async () => {
  await using stack = await startStack({
    started: false,
    options: { flowgladDeadlineMs: 1_000, bulkMaxEvents: 8 },
  })
  for (let n = 0; n < 8; n++) await spend(stack, aUser(`u${n}`))
  const eventsIn = (body: string) => body.match(/transactionId/g)?.length ?? 0
  // It manages two at a time.
  stack.proxy.breakWith(({ path, body }) =>
    bulk.test(path) && eventsIn(body) > 2 ? { state: 'bodyStalls' } : undefined,
  )
  await expect
    .poll(async () => {
      await stack.billing.drain()
      return (await stack.books.events()).length
    })
    .toBe(8)
  stack.proxy.mend()
  // And larger again, once it keeps up.
  await expect
    .poll(async () => {
      for (let n = 0; n < 8; n++) await spend(stack, aUser(`u${n}`))
      await stack.billing.drain()
      return eventsIn(bodies(stack, bulk).at(-1) ?? '')
    })
    .toBe(8)
})

test('fewer bulks travel at once while Flowglad is too slow, and as many as before once it keeps up', async () => {
  await using stack = await startStack({
    started: false,
    options: { flowgladDeadlineMs: 1_000, bulkMaxEvents: 2, maxBulks: 4 },
  })
  const users = Array.from({ length: 8 }, (_, n) => aUser(`u${n}`))
  for (const user of users) await spend(stack, user)
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'bodyStalls' } : undefined))
  const atOnce = async () => {
    const before = stack.proxy.count(usageEvents)
    await stack.billing.drain()
    return stack.proxy.count(usageEvents) - before
  }
  // Each of them ends at its deadline, and nothing follows.
  expect([await atOnce(), await atOnce(), await atOnce(), await atOnce()]).toEqual([4, 2, 1, 1])

  stack.proxy.mend()
  for (let n = 0; n < 3; n++) {
    for (const user of users) await spend(stack, user)
    await stack.billing.drain()
  }
  for (const user of users) await spend(stack, user)
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'bodyStalls' } : undefined))
  expect(await atOnce()).toBe(4)
})

test('pauses grow while Flowglad is away, up to the longest', async () => {
  const pauses: number[] = []
  const stopping = new AbortController()
  await using ledger = sqliteLedger(':memory:')
  const clock: Clock = {
    now: () => 0,
    after(ms, run) {
      pauses.push(ms)
      if (pauses.length === 20) stopping.abort()
      const next = setImmediate(run)
      return () => clearImmediate(next)
    },
  }
  const customersToDeliver = () => Promise.reject(new Error('away'))
  const options = { ...defaultOptions, deliverMaxPauseMs: 4_000, deliverEveryMs: 1 }
  const retries = new RetryPolicy({ options, clock })
  const flowglad = createFlowgladClient({ secretKey: 'unused' }, 1_000)
  const common = {
    ledger: { ...ledger, customersToDeliver },
    retries,
    logger: silent,
    stopping: stopping.signal,
  }
  const delivery = new Delivery({
    ...common,
    leases: createLeases({ ledger, clock, leaseMs: 1 }),
    sender: new EventSender({ ...common, flowglad }),
    clock,
    options,
  })
  await delivery.run()
  const longest = pauses.filter((ms) => ms > 1)
  expect(longest[0]).toBeLessThanOrEqual(1_000)
  expect(Math.max(...longest)).toBeLessThanOrEqual(4_000)
  expect(Math.min(...longest.slice(4))).toBeGreaterThanOrEqual(2_000)
})

test('closing with usage still to deliver takes no time over it, and the next start delivers it once', async () => {
  using file = ledgerFile()
  await using stack = await startStack({ ledger: sqliteLedger(file.path) })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await stack.billing.close()
  stack.proxy.mend()
  await using next = await startStack({ ledger: sqliteLedger(file.path), beside: stack })
  await expect.poll(async () => (await next.ledger.health()).waiting).toBe(0)
  expect(await next.books.events()).toHaveLength(3)
  expect(await next.books.available(aUser(), 'generations')).toBe(7)
})

test('a lease that cannot be taken for one customer is not lost for the others', async () => {
  const ledger = sqliteLedger(':memory:')
  let failing = false
  const execute: typeof ledger.execute = async (command) => {
    if (failing && command.type === 'takeLease' && command.customer === 'bob') throw new Error('disk full')
    return ledger.execute(command)
  }
  await using stack = await startStack({ started: false, ledger: { ...ledger, execute } })
  for (const id of ['ada', 'bob', 'eve']) await spend(stack, aUser(id))
  failing = true
  await expect(stack.billing.drain()).rejects.toThrow('disk full')
  failing = false
  expect(await stack.billing.drain()).toBe(true)
  expect(await stack.books.events()).toHaveLength(3)
})

test("a fetch waits neither for other customers' bulks nor behind those who wait for a lease", async () => {
  await using stack = await startStack({
    started: false,
    options: { maxBulks: 1, bulkMaxEvents: 1, maxFetches: 1 },
  })
  const ada = await chargeOf(stack, aUser('ada'), 1)
  await spend(stack, aUser('bob'))
  const { open } = hold(stack, usageEvents)
  const draining = stack.billing.drain()
  await until(() => expect(stack.proxy.count(usageEvents)).toBe(1))
  const sent = bodies(stack, usageEvents)[0]?.includes(ada) ? 'ada' : 'bob'
  const waiting = stack.billing.refresh(aUser(sent))
  expect(await stack.billing.refresh(aUser(sent === 'ada' ? 'bob' : 'ada'))).toMatchObject({
    balances: expect.arrayContaining([expect.objectContaining({ meter: 'generations', available: 9 })]),
  })
  open()
  await waiting
  expect(await draining).toBe(true)
})

test.each([
  ['a page of a firewall', { state: 'page', status: 403 }],
  ['no answer', { state: 'refused' }],
] as const)("an event that gets %s never stops others' usage, and is not parked", async (_, fault) => {
  await using stack = await startStack({
    options: { bulkMaxEvents: 8, maxBulks: 1, parkAfterFailures: 0, parkAfterMs: 0 },
  })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'refused' } : undefined))
  const charge = await chargeOf(stack, aUser(), 2)
  for (let n = 0; n < 12; n++) await spend(stack, aUser(`u${n}`))
  stack.proxy.breakWith(({ path, body }) =>
    usageEvents.test(path) && body.includes(charge) ? fault : undefined,
  )
  await expect.poll(() => stack.ledger.health()).toMatchObject({ waiting: 1 })
  for (let n = 0; n < 12; n++) await spend(stack, aUser(`u${n}`))
  await expect.poll(() => stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  expect(await stack.books.available(aUser('u0'), 'generations')).toBe(8)
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.books.available(aUser(), 'generations')).toBe(8)
})

test('closing ends the search for a bad event: what is left waits for the next start', async () => {
  await using stack = await startStack({ started: false })
  for (let n = 0; n < 8; n++) await spend(stack, aUser(`u${n}`))
  const before = stack.proxy.count(usageEvents)
  let closing = Promise.resolve()
  stack.proxy.breakWith(({ path }) => {
    if (!usageEvents.test(path)) return
    closing = stack.billing.close()
    return { state: 'json', status: 500, body: rejection }
  })
  await stack.billing.start()
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(before))
  await closing
  expect(stack.proxy.count(usageEvents) - before).toBe(1)
})

test('what is sent again before a fetch travels in bulks as small as Flowglad takes lately', async () => {
  await using stack = await startStack({ started: false, options: { bulkMaxEvents: 4 } })
  for (let n = 0; n < 4; n++) await spend(stack, aUser())
  const eventsIn = (body: string) => body.match(/transactionId/g)?.length ?? 0
  stack.proxy.breakWith(({ path, body }) =>
    bulk.test(path) && eventsIn(body) > 2 ? { state: 'answerLost' } : undefined,
  )
  await stack.billing.drain()
  await stack.billing.refresh(aUser())
  expect(bodies(stack, bulk).map(eventsIn)).toEqual([4, 2, 2])
  expect(await stack.ledger.health()).toMatchObject({ waiting: 0 })
})

/** Every request to a path waits until it is opened. */
function hold(stack: Stack, path: RegExp) {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  stack.proxy.breakWith((passing) => (path.test(passing.path) ? { state: 'held', until: opened } : undefined))
  return { open }
}
