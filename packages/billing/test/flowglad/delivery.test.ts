import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/index.ts'
import { aUser, type Stack, startStack, type User } from './startStack.ts'
import { until } from './until.ts'

const spend = (stack: Stack, user: User, amount = 1, meter: 'generations' | 'tokens' = 'generations') =>
  stack.billing.meter({ customer: user, meter, amount }, () => 'done')
const bodies = (stack: Stack, path: RegExp) =>
  stack.proxy.seen.filter((passing) => path.test(passing.path)).map(({ body }) => body)
const operatorScript = fileURLToPath(new URL('./operator.ts', import.meta.url))
const bulk = /usage-events\/bulk/
const both = /usage-events/

/** The platform's own words for an event it does not take. */
const refusal = {
  error: 'Subscription not found: sub_gone',
  code: 'INTERNAL_SERVER_ERROR',
  request_id: '0a1b2c3d',
}

test('with /usage-events blocked, calls succeed, and their usage arrives once after it opens', async () => {
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) => (both.test(path) ? { state: 'refused' } : undefined))
  for (let n = 0; n < 4; n++) await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(both)).toBeGreaterThan(1))
  expect(await stack.books.events()).toEqual([])
  stack.proxy.mend()
  await expect.poll(() => stack.books.available(aUser(), 'generations')).toBe(6)
  expect(await stack.books.events()).toHaveLength(4)
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
})

test('usage whose answers were lost is sent again and billed once', async () => {
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) => (both.test(path) ? { state: 'answerLost' } : undefined))
  for (let n = 0; n < 3; n++) await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(both)).toBeGreaterThan(2))
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.books.events()).toHaveLength(3)
  expect(await stack.books.available(aUser(), 'generations')).toBe(7)
})

test.each([
  ['a page of a gateway', { state: 'page', status: 502 }],
  ['JSON of somebody else', { state: 'json', status: 200, body: { hello: 'world' } }],
  ['too many requests', { state: 'json', status: 429, body: { ...refusal, code: 'TOO_MANY_REQUESTS' } }],
  ['a rejected key', { state: 'page', status: 401 }],
] as const)('%s says nothing about an event: it waits, and nothing is parked', async (_, fault) => {
  await using stack = await startStack({ options: { parkAfterMs: 0, parkAfterFailures: 0 } })
  stack.proxy.breakWith(({ path }) => (both.test(path) ? fault : undefined))
  await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(both)).toBeGreaterThan(2))
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  stack.proxy.mend()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
})

test("many customers' events travel in one bulk", async () => {
  await using stack = await startStack({ started: false })
  const users = Array.from({ length: 12 }, (_, n) => aUser(`u${n}`))
  await Promise.all(users.map((user) => spend(stack, user)))
  expect(await stack.billing.drain()).toBe(true)
  expect(bodies(stack, both)).toHaveLength(1)
  expect(await stack.books.events()).toHaveLength(12)
})

test("one customer's poison never delays another's usage", async () => {
  // No pause before the poison is tried again: it is due each time.
  await using stack = await startStack({ started: false, options: { parkAfterMs: 0, parkAfterFailures: 99 } })
  const users = Array.from({ length: 8 }, (_, n) => aUser(`u${n}`))
  for (const user of users) await spend(stack, user)
  // An archived customer's usage is refused, and a bulk that contains it is refused altogether.
  await stack.books.sdk.post('/api/v1/customers/u3/archive', { body: {} })
  await stack.billing.drain()
  expect(await stack.books.events()).toHaveLength(7)
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })

  for (const user of users.slice(0, 3)) await spend(stack, user)
  const before = bodies(stack, bulk).length
  await stack.billing.drain()
  expect(await stack.books.events()).toHaveLength(10)
  // What failed before goes alone: its neighbours' bulk is not refused again.
  expect(bodies(stack, bulk).length - before).toBe(1)
})

test('an event that Flowglad refuses alone, while others succeed, is parked, shown and retried', async () => {
  await using stack = await startStack({
    started: false,
    options: { parkAfterFailures: 3, parkAfterMs: 1, parkedRetryMs: 1 },
  })
  let poisoned = true
  const { charge } = await poison(stack, () => poisoned)
  for (let n = 0; n < 4; n++) {
    await spend(stack, aUser('bob'))
    await stack.billing.drain()
  }
  expect(await stack.ledger.health()).toMatchObject({ waiting: 0, parked: 1 })
  expect(await stack.ledger.parked(10)).toMatchObject([
    {
      customer: 'ada',
      attempt: charge,
      meter: 'generations',
      amount: 2,
      reason: expect.stringContaining('sub_gone'),
    },
  ])
  expect((await stack.billing.balances(aUser())).balances[0]).toMatchObject({ parked: 1, available: 8 })
  expect(await stack.billing.health()).toMatchObject({ status: 'degraded', parked: 1 })
  poisoned = false
  await expect
    .poll(async () => {
      await stack.billing.drain()
      return (await stack.ledger.health()).parked
    })
    .toBe(0)
  expect(await stack.books.available(aUser(), 'generations')).toBe(8)
})

test('who is short by nothing but an event that Flowglad itself refuses is out of credits, not kept waiting', async () => {
  await using stack = await startStack({ started: false })
  await poison(stack, () => true)
  await spend(stack, aUser('bob'))
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  await expect(spend(stack, aUser(), 9)).rejects.toMatchObject({
    refusal: { code: 'INSUFFICIENT_CREDITS', availableBalance: 8 },
  })
})

test('an event that Flowglad records and then fails on is not taken for refused', async () => {
  await using stack = await startStack({ started: false })
  const charge = await chargeOf(stack, aUser(), 2)
  let recorded = Promise.resolve<unknown>(undefined)
  stack.proxy.breakWith(({ path, body }) => {
    if (!both.test(path) || !body.includes(charge)) return
    // Once: what comes after is let through.
    stack.proxy.mend()
    recorded = fetch(`${stack.flowglad.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: stack.flowglad.key },
      body,
    })
    return { state: 'json', status: 500, body: refusal }
  })
  expect(await stack.billing.drain()).toBe(true)
  await recorded
  expect(await stack.books.events()).toHaveLength(1)
  expect(await stack.billing.refresh(aUser())).toMatchObject({
    balances: expect.arrayContaining([expect.objectContaining({ meter: 'generations', available: 8 })]),
  })
})

test('an event without an answer stays ambiguous, though Flowglad refuses it when it is sent again', async () => {
  await using stack = await startStack({ started: false })
  await chargeOf(stack, aUser(), 2)
  stack.proxy.breakWith(({ path }) => (both.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  stack.proxy.breakWith(({ path }) =>
    both.test(path) ? { state: 'json', status: 500, body: refusal } : undefined,
  )
  await stack.billing.drain()
  await stack.billing.refresh(aUser())
  await expect(spend(stack, aUser(), 7)).rejects.toMatchObject({ refusal: { code: 'BILLING_UNAVAILABLE' } })
})

test('a parked event that fails again is parked again at once, also after a restart and by another node', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  const file = join(folder, 'ledger.db')
  try {
    await using stack = await startStack({
      ledger: sqliteLedger(file),
      started: false,
      options: { parkAfterFailures: 0, parkAfterMs: 0, parkedRetryMs: 1 },
    })
    await poison(stack, () => true)
    await spend(stack, aUser('bob'))
    await stack.billing.drain()
    expect(await stack.ledger.health()).toMatchObject({ parked: 1 })

    // This one would count to ten, over a quarter of an hour.
    await using other = await startStack({ ledger: sqliteLedger(file), started: false, beside: stack })
    await spend(other, aUser('eve'))
    await other.billing.drain()
    expect(await other.ledger.customersToDeliver(10)).toEqual([])
    expect(await other.ledger.health()).toMatchObject({ waiting: 0, parked: 1 })
    await expect(spend(other, aUser(), 9)).rejects.toMatchObject({
      refusal: { code: 'INSUFFICIENT_CREDITS' },
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an operator drops an event from a second process: its retries end, and its units come back with the next fetch', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  const file = join(folder, 'ledger.db')
  try {
    await using stack = await startStack({
      ledger: sqliteLedger(file),
      options: { parkAfterFailures: 0, parkAfterMs: 0, parkedRetryMs: 1 },
    })
    const { charge } = await poison(stack, () => true)
    await spend(stack, aUser('bob'))
    const tries = () => bodies(stack, both).filter((body) => body.includes(charge)).length
    await until(async () => expect(await stack.ledger.health()).toMatchObject({ parked: 1 }))
    const before = tries()
    await until(() => expect(tries()).toBeGreaterThan(before))

    const operator = spawn(process.execPath, ['--import', 'tsx', operatorScript, file, 'ada', charge])
    expect(await once(operator, 'exit')).toEqual([0, null])
    // One try may be on its way.
    await stack.billing.drain()
    const after = tries()
    for (let n = 0; n < 5; n++) await stack.billing.drain()
    expect(tries()).toBe(after)
    expect(await stack.ledger.health()).toMatchObject({ waiting: 0, parked: 0 })

    expect(await stack.billing.refresh(aUser())).toMatchObject({
      balances: expect.arrayContaining([expect.objectContaining({ meter: 'generations', available: 10 })]),
    })
    expect((await stack.ledger.charges({ customer: 'ada', limit: 1, cursor: null })).charges).toMatchObject([
      { transactionId: charge, state: 'dropped' },
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an outage parks nothing, however often and long it refuses everybody', async () => {
  await using stack = await startStack({ started: false, options: { parkAfterFailures: 2, parkAfterMs: 1 } })
  await spend(stack, aUser())
  await spend(stack, aUser('bob'))
  stack.proxy.breakWith(({ path }) =>
    both.test(path) ? { state: 'json', status: 500, body: refusal } : undefined,
  )
  for (let n = 0; n < 6; n++) await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 2, parked: 0 })
})

test('events that a bulk answer omits, since Flowglad has them, are asked for alone and acknowledged', async () => {
  await using stack = await startStack({ started: false })
  stack.proxy.breakWith(({ path }) => (both.test(path) ? { state: 'answerLost' } : undefined))
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
  stack.proxy.breakWith(({ path }) => (both.test(path) ? { state: 'bodyStalls' } : undefined))
  await spend(stack, aUser())
  await until(() => expect(stack.proxy.count(both)).toBeGreaterThan(1))
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
})

test('a lane that cannot be taken for one customer is not lost for the others', async () => {
  const ledger = sqliteLedger(':memory:')
  let failing = false
  const execute: typeof ledger.execute = async (command) => {
    if (failing && command.type === 'takeLane' && command.customer === 'bob') throw new Error('disk full')
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

test("a fetch waits neither for other customers' bulks nor behind those who wait for a lane", async () => {
  await using stack = await startStack({
    started: false,
    options: { maxBulks: 1, bulkMaxEvents: 1, maxFetches: 1 },
  })
  const ada = await chargeOf(stack, aUser('ada'), 1)
  await spend(stack, aUser('bob'))
  const { open } = hold(stack, both)
  const draining = stack.billing.drain()
  await until(() => expect(stack.proxy.count(both)).toBe(1))
  const sent = bodies(stack, both)[0]?.includes(ada) ? 'ada' : 'bob'
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
  stack.proxy.breakWith(({ path }) => (both.test(path) ? { state: 'refused' } : undefined))
  const charge = await chargeOf(stack, aUser(), 2)
  for (let n = 0; n < 12; n++) await spend(stack, aUser(`u${n}`))
  stack.proxy.breakWith(({ path, body }) => (both.test(path) && body.includes(charge) ? fault : undefined))
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
  const before = stack.proxy.count(both)
  let closing = Promise.resolve()
  stack.proxy.breakWith(({ path }) => {
    if (!both.test(path)) return
    closing = stack.billing.close()
    return { state: 'json', status: 500, body: refusal }
  })
  await stack.billing.start()
  await until(() => expect(stack.proxy.count(both)).toBeGreaterThan(before))
  await closing
  expect(stack.proxy.count(both) - before).toBe(1)
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

const chargeOf = async (stack: Stack, user: User, amount: number) => {
  let attempt = ''
  await stack.billing.meter({ customer: user, meter: 'generations', amount }, (run) => {
    attempt = run.attempt
  })
  return attempt
}

/** One event of Ada's that the platform refuses, wherever it comes; the others pass. */
async function poison(stack: Stack, isPoisoned: () => boolean) {
  const charge = await chargeOf(stack, aUser(), 2)
  stack.proxy.breakWith(({ path, body }) =>
    isPoisoned() && both.test(path) && body.includes(charge)
      ? { state: 'json', status: 500, body: refusal }
      : undefined,
  )
  return { charge }
}
