import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from './ledgerFile.ts'
import { bodies, bulk, chargeOf, poison, rejection, spend, usageEvents } from './spending.ts'
import { aUser, startStack } from './startStack.ts'
import { until } from './until.ts'

test('delivers each charge once after an outage of /usage-events', async () => {
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'refused' } : undefined))
  for (let n = 0; n < 4; n++) await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(1))
  expect(await stack.atFlowglad.events()).toEqual([])
  stack.proxy.mend()
  await expect.poll(() => stack.atFlowglad.available(aUser(), 'generations')).toBe(6)
  expect(await stack.atFlowglad.events()).toHaveLength(4)
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
})

test('bills once if the responses to usage events are lost', async () => {
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(2))
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.atFlowglad.events()).toHaveLength(3)
  expect(await stack.atFlowglad.available(aUser(), 'generations')).toBe(7)
})

test.each([
  ["a gateway's error page", { state: 'page', status: 502 }],
  ["a firewall's error page", { state: 'page', status: 403 }],
  ['JSON that is not from Flowglad', { state: 'json', status: 200, body: { hello: 'world' } }],
  ['429', { state: 'json', status: 429, body: { ...rejection, code: 'TOO_MANY_REQUESTS' } }],
  ['401', { state: 'page', status: 401 }],
] as const)('keeps an event waiting instead of parking it if the response is %s', async (_, fault) => {
  await using stack = await startStack({ options: { parkAfterMs: 0, parkAfterFailures: 0 } })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? fault : undefined))
  await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(2))
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
})

test("sends many customers' events in one bulk request", async () => {
  await using stack = await startStack({ started: false })
  const users = Array.from({ length: 12 }, (_, n) => aUser(`u${n}`))
  await Promise.all(users.map((user) => spend(stack, user)))
  expect(await stack.billing.drain()).toBe(true)
  expect(bodies(stack, bulk)).toHaveLength(1)
  expect(await stack.atFlowglad.events()).toHaveLength(12)
})

test("delivers other customers' usage in one bulk request while one customer's event is rejected", async () => {
  // With `parkAfterMs: 0`, a rejected event doesn't back off, so it is due in every delivery pass.
  await using stack = await startStack({ started: false, options: { parkAfterMs: 0, parkAfterFailures: 99 } })
  const users = Array.from({ length: 8 }, (_, n) => aUser(`u${n}`))
  for (const user of users) await spend(stack, user)
  // Flowglad rejects any request that contains an archived customer's usage.
  await stack.atFlowglad.sdk.post('/api/v1/customers/u3/archive', { body: {} })
  await stack.billing.drain()
  expect(await stack.atFlowglad.events()).toHaveLength(7)
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })

  for (const user of users.slice(0, 3)) await spend(stack, user)
  const before = bodies(stack, bulk).length
  await stack.billing.drain()
  expect(await stack.atFlowglad.events()).toHaveLength(10)
  // The rejected event is sent alone, so the other events need only one bulk request.
  expect(bodies(stack, bulk).length - before).toBe(1)
})

test("delivers a customer's other events while the oldest event is rejected", async () => {
  // Each pass takes two events, and Flowglad rejects the oldest event.
  await using stack = await startStack({ started: false, options: { maxBulks: 1, bulkMaxEvents: 2 } })
  await poison(stack, () => true)
  for (let n = 0; n < 6; n++) await spend(stack, aUser())
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  expect(await stack.atFlowglad.available(aUser(), 'generations')).toBe(4)
})

test("tries a customer's other events before backing off after a rejection", async () => {
  // The first pass takes only the rejected event. The test records no more usage, because new usage would
  // trigger another pass.
  await using stack = await startStack({ started: false, options: { maxBulks: 1, bulkMaxEvents: 1 } })
  await poison(stack, () => true)
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await stack.billing.start()
  await until(async () => expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 }))
  expect(await stack.atFlowglad.available(aUser(), 'generations')).toBe(7)
})

test('acknowledges events that a bulk response omits because Flowglad already has them', async () => {
  await using stack = await startStack({ started: false })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  await spend(stack, aUser(), 1)
  await spend(stack, aUser(), 2)
  await stack.billing.drain()
  stack.proxy.mend()
  await spend(stack, aUser(), 3)
  expect(await stack.billing.drain()).toBe(true)
  expect((await stack.atFlowglad.events()).map(({ amount }) => amount).sort()).toEqual([1, 2, 3])
})

test("does not acknowledge an event that Flowglad recorded under another customer's subscription", async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, aUser('bob'))
  await stack.billing.drain()
  const { currentSubscription: bobs } = await stack.atFlowglad.sdk.customers.retrieveBilling('bob')
  const transactionId = await chargeOf(stack, aUser(), 2)
  // Another program with the same API key sends an event with this transaction ID.
  await stack.atFlowglad.sdk.usageEvents.create({
    usageEvent: { subscriptionId: bobs?.id ?? '', transactionId, amount: 9, usageMeterSlug: 'generations' },
  })
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1 })
  expect(
    (await stack.ledger.charges({ customer: 'ada', limit: 1, cursor: null })).charges[0]?.state,
  ).not.toBe('delivered')
})

test('delivers usage exactly once after giving up on a stalled response', async () => {
  await using stack = await startStack({ options: { flowgladDeadlineMs: 1_000 } })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'bodyStalls' } : undefined))
  await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(usageEvents)).toBeGreaterThan(0))
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.atFlowglad.events()).toHaveLength(1)
})

test('delivers waiting usage exactly once after a restart', async () => {
  using file = ledgerFile()
  await using stack = await startStack({ ledger: sqliteLedger(file.path) })
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await stack.billing.close()
  stack.proxy.mend()
  await using next = await startStack({ ledger: sqliteLedger(file.path), beside: stack })
  await expect.poll(async () => (await next.ledger.health()).waiting).toBe(0)
  expect(await next.atFlowglad.events()).toHaveLength(3)
  expect(await next.atFlowglad.available(aUser(), 'generations')).toBe(7)
})

test("delivers every customer's usage in the next drain if taking one customer's lease fails", async () => {
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
  expect(await stack.atFlowglad.events()).toHaveLength(3)
})

test("fetches a balance while another customer's fetch waits for a delivery to end", async () => {
  await using stack = await startStack({
    started: false,
    options: { maxBulks: 1, bulkMaxEvents: 1, maxFetches: 1 },
  })
  const ada = await chargeOf(stack, aUser('ada'), 1)
  await spend(stack, aUser('bob'))
  const open = stack.proxy.hold(usageEvents)
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

test('stops searching for a rejected event when billing closes', async () => {
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

test('splits a bulk request that got no response into smaller requests before a fetch', async () => {
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
