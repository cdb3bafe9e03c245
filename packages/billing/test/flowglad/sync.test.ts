import { expect, test } from 'vitest'
import { InsufficientCreditsError } from '../../src/index.ts'
import { aUser, type Stack, startStack } from './startStack.ts'
import { until } from './until.ts'

const ada = aUser()
const spend = (stack: Stack, amount = 1, user = ada) =>
  stack.billing.meter({ customer: user, meter: 'generations', amount }, () => 'done')
const denialOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error) => error.denial ?? String(error),
  )
/** Waits until the ledger has Ada's snapshot. */
const meet = (stack: Stack) =>
  expect.poll(async () => (await stack.billing.refresh(ada)).plan?.name).toBe('Free')
const billing = /\/billing$/
const customers = /\/customers/

test('creates a new customer at Flowglad only once for concurrent calls', async () => {
  await using stack = await startStack()
  await Promise.all(Array.from({ length: 8 }, () => spend(stack)))
  expect(
    stack.proxy.seen.filter(({ method, path }) => method === 'POST' && /\/customers$/.test(path)),
  ).toHaveLength(1)
})

test('uses the fetch that creates a new customer for the customer’s other calls', async () => {
  await using stack = await startStack({ options: { decisionMs: 600_000, flowgladDeadlineMs: 600_000 } })
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let fetches = 0
  stack.proxy.breakWith(({ path }) => {
    if (/\/customers$/.test(path)) return { state: 'held', until: opened }
    // The first fetch runs before the customer is created, and the second fetch runs afterward. The proxy holds any
    // third fetch, so the test times out if a call waits for a third fetch.
    return billing.test(path) && ++fetches > 2 ? { state: 'held', until: new Promise(() => {}) } : undefined
  })
  const met = stack.billing.balances(ada)
  await until(() => expect(stack.proxy.count(/\/customers$/)).toBe(1))
  const calls = [spend(stack), spend(stack), stack.billing.balances(ada)]
  // Wait until each call has read the ledger and found no snapshot.
  await stack.ledger.balances('ada')
  await new Promise(setImmediate)
  open()
  await Promise.all([met, ...calls])
  expect(fetches).toBe(2)
  expect((await stack.billing.balances(ada)).balances[0]).toMatchObject({ available: 8 })
})

test('accepts a customer whom another node has just created', async () => {
  await using stack = await startStack()
  await stack.atFlowglad.sdk.customers.create({
    customer: { externalId: 'ada', name: 'ada', email: 'ada@example.com' },
  })
  let unmet = 1
  stack.proxy.breakWith(({ path }) =>
    billing.test(path) && unmet-- > 0
      ? { state: 'json', status: 404, body: { error: 'Customer not found', code: 'NOT_FOUND' } }
      : undefined,
  )
  expect(await spend(stack)).toBe('done')
  const created = stack.proxy.seen.filter(
    ({ method, path }) => method === 'POST' && /\/customers$/.test(path),
  )
  expect(created).toHaveLength(1)
  await stack.billing.drain()
  expect(await stack.atFlowglad.available(ada, 'generations')).toBe(9)
})

test('accepts a customer whom another node creates at the same time', async () => {
  await using stack = await startStack()
  // Another node creates the customer between our 404 and our create request, so Flowglad returns 409.
  stack.proxy.breakWith(({ method, path }) => {
    if (method !== 'POST' || !/\/customers$/.test(path)) return
    const { id, name, email } = ada
    const created = stack.atFlowglad.sdk.customers.create({ customer: { externalId: id, name, email } })
    return { state: 'held', until: created.then(() => {}) }
  })
  await spend(stack)
  expect(stack.proxy.count(/\/customers$/)).toBe(1)
  await expect.poll(() => stack.atFlowglad.available(ada, 'generations')).toBe(9)
})

test('fetches again before each denial, so that a payment takes effect on the next call', async () => {
  await using stack = await startStack()
  await spend(stack, 10)
  await stack.billing.drain()
  const before = stack.proxy.count(billing)
  expect(await denialOf(spend(stack))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', availableBalance: 0 })
  expect(stack.proxy.count(billing)).toBe(before + 1)
  await stack.atFlowglad.pay(ada, 'generation_pack')
  expect(await spend(stack)).toBe('done')
})

test('never bases a denial on a fetch that started before the call', async () => {
  await using stack = await startStack()
  await spend(stack, 10)
  await stack.billing.drain()
  const before = stack.proxy.count(billing)
  const open = stack.proxy.holdAnswers(billing)
  const early = denialOf(spend(stack))
  await expect.poll(() => stack.proxy.count(billing)).toBeGreaterThan(before)
  stack.proxy.mend()
  await stack.atFlowglad.pay(ada, 'generation_pack')
  const late = denialOf(spend(stack))
  open()
  // The early call's fetch read the balance before the customer paid.
  expect(await early).toMatchObject({ code: 'INSUFFICIENT_CREDITS' })
  expect(await late).toBe('done')
})

test('limits the number of fetches during a burst of denials', async () => {
  await using stack = await startStack({ options: { fetchEveryMs: 60_000 } })
  await spend(stack, 10)
  await stack.billing.drain()
  const before = stack.proxy.count(billing)
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => denialOf(spend(stack))))
  expect(outcomes).toEqual(Array(200).fill(expect.objectContaining({ code: 'INSUFFICIENT_CREDITS' })))
  for (let n = 0; n < 20; n++) await denialOf(spend(stack))
  // The bucket holds five tokens, and the customer's first call has used one.
  expect(stack.proxy.count(billing) - before).toBeLessThanOrEqual(5)
})

test('denies calls based on the last snapshot while Flowglad is slow, and reports the snapshot’s time', async () => {
  await using stack = await startStack({ options: { decisionMs: 100 } })
  await meet(stack)
  await spend(stack, 9)
  await stack.billing.drain()
  const open = stack.proxy.hold(customers)
  expect(await denialOf(spend(stack, 2))).toMatchObject({
    code: 'INSUFFICIENT_CREDITS',
    availableBalance: 1,
    asOf: expect.any(Number),
  })
  expect(await spend(stack, 1)).toBe('done')
  open()
})

test('returns BILLING_UNAVAILABLE for an unknown customer until Flowglad responds', async () => {
  await using stack = await startStack({ options: { decisionMs: 100 } })
  const open = stack.proxy.hold(customers)
  expect(await denialOf(spend(stack))).toMatchObject({
    code: 'BILLING_UNAVAILABLE',
    retryAfterMs: expect.any(Number),
  })
  open()
  // The fetch that the first call started continues in the background.
  await expect.poll(() => denialOf(spend(stack))).toBe('done')
})

test('lets a known customer spend up to the limit during an outage', async () => {
  await using stack = await startStack({ options: { decisionMs: 200 } })
  await meet(stack)
  await spend(stack)
  await stack.billing.drain()
  stack.proxy.breakWith(() => ({ state: 'refused' }))
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => denialOf(spend(stack))))
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(9)
  expect(await denialOf(spend(stack))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', availableBalance: 0 })
  expect(await denialOf(spend(stack, 1, aUser('stranger')))).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
  stack.proxy.mend()
  await expect.poll(() => stack.atFlowglad.available(ada, 'generations')).toBe(0)
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.atFlowglad.events()).toHaveLength(10)
})

test('returns BILLING_UNAVAILABLE if ambiguous units would cover the shortfall', async () => {
  await using stack = await startStack()
  await spend(stack, 6)
  // Flowglad records the event, but its response is lost. Billing therefore can't tell whether a fetched balance
  // includes the event.
  stack.proxy.breakWith(({ path }) => (/usage-events/.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  expect(await denialOf(spend(stack, 8))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', required: 8 })
  expect(await denialOf(spend(stack, 4))).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
  stack.proxy.mend()
  await expect.poll(() => denialOf(spend(stack, 4))).toBe('done')
  await stack.billing.drain()
  expect(await stack.atFlowglad.available(ada, 'generations')).toBe(0)
})

test('resends ambiguous events before the fetch that a call waits for', async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, 6)
  stack.proxy.breakWith(({ path }) => (/usage-events/.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  stack.proxy.mend()
  expect(await denialOf(spend(stack, 5))).toMatchObject({
    code: 'INSUFFICIENT_CREDITS',
    availableBalance: 4,
  })
  expect(await stack.ledger.health()).toMatchObject({ waiting: 0 })
  expect(await stack.atFlowglad.events()).toHaveLength(1)
})

test("does not resend usage that is acknowledged while the customer's fetch waits", async () => {
  await using stack = await startStack({ started: false, options: { maxFetches: 1 } })
  await spend(stack, 6)
  stack.proxy.breakWith(({ path }) => (/usage-events/.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  const open = stack.proxy.hold(/bob/)
  const bob = stack.billing.refresh(aUser('bob'))
  await until(() => expect(stack.proxy.count(/bob/)).toBe(1))
  let leases = 0
  const stopListening = stack.ledger.onCommit(({ type, customer }) => {
    if (type === 'takeLease' && customer === 'ada') leases += 1
  })
  const fetching = stack.billing.refresh(ada)
  await until(() => expect(leases).toBe(1))
  // Another node gets a late response to its request and acknowledges the usage.
  const requests = stack.proxy.count(/usage-events/)
  const { charges } = await stack.ledger.charges({ customer: 'ada', limit: 1, cursor: null })
  const events = charges.map(({ transactionId: attempt, meter }) => ({ attempt, meter, priceId: null }))
  await stack.ledger.execute({ type: 'acknowledge', customer: 'ada', events })
  open()
  await Promise.all([bob, fetching])
  stopListening()
  expect(stack.proxy.count(/usage-events/)).toBe(requests)
  const { balances } = await stack.billing.balances(ada)
  expect(balances.find(({ meter }) => meter === 'generations')).toMatchObject({ available: 4, used: 6 })
})

test('uses an old snapshot and refreshes it in the background', async () => {
  await using stack = await startStack({ options: { snapshotMaxAgeMs: 1 } })
  await spend(stack)
  const before = stack.proxy.count(billing)
  await new Promise((resolve) => setImmediate(resolve))
  await expect
    .poll(async () => {
      await spend(stack, 1, ada).catch(() => {})
      return stack.proxy.count(billing)
    })
    .toBeGreaterThan(before)
})

test("delivers a customer's usage while the customer's refresh waits for another customer's fetch", async () => {
  await using stack = await startStack({
    options: { snapshotMaxAgeMs: 1, maxFetches: 1, flowgladDeadlineMs: 600_000, decisionMs: 600_000 },
  })
  // Finish Ada's first fetch. Otherwise, that fetch would keep Ada's lease while it waits for Bob's fetch.
  await stack.billing.refresh(ada)
  const open = stack.proxy.hold(/bob/)
  const bob = stack.billing.refresh(aUser('bob'))
  await until(() => expect(stack.proxy.count(/bob/)).toBe(1))
  await spend(stack)
  await until(async () => expect(await stack.atFlowglad.events()).toHaveLength(1))
  open()
  await bob
})

test('limits the number of parallel fetches across customers', async () => {
  await using stack = await startStack({ options: { maxFetches: 2, decisionMs: 200 } })
  const open = stack.proxy.hold(billing)
  const users = Array.from({ length: 6 }, (_, n) => aUser(`u${n}`))
  const calls = users.map((user) => denialOf(spend(stack, 1, user)))
  await until(() => expect(stack.proxy.count(billing)).toBe(2))
  await Promise.all(calls)
  expect(stack.proxy.count(billing)).toBe(2)
  open()
  await expect.poll(() => stack.proxy.count(billing)).toBeGreaterThanOrEqual(6)
})

test('throws an InsufficientCreditsError with the meter, the available balance and the required amount', async () => {
  await using stack = await startStack()
  const error = await spend(stack, 11).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(InsufficientCreditsError)
  expect(error).toMatchObject({
    message: 'Insufficient credits for generations. Available: 10, Required: 11',
    meterSlug: 'generations',
    availableBalance: 10,
    required: 11,
  })
})
