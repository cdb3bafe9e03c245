import { expect, test } from 'vitest'
import { createGate } from '../../src/flowglad/gate.ts'
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
/** Known to the ledger, however long Flowglad took to answer. */
const meet = (stack: Stack) =>
  expect.poll(async () => (await stack.billing.refresh(ada)).plan?.name).toBe('Free')
const billing = /\/billing$/
const customers = /\/customers/

/** A gate that holds every request to a path until it is opened. */
function gate(stack: Stack, path: RegExp) {
  let open = () => {}
  const until = new Promise<void>((resolve) => {
    open = resolve
  })
  stack.proxy.breakWith((passing) => (path.test(passing.path) ? { state: 'held', until } : undefined))
  return () => {
    stack.proxy.mend()
    open()
  }
}

test('the first call of a new customer creates it at Flowglad, once, however many come at the same time', async () => {
  await using stack = await startStack()
  await Promise.all(Array.from({ length: 8 }, () => spend(stack)))
  expect(
    stack.proxy.seen.filter(({ method, path }) => method === 'POST' && /\/customers$/.test(path)),
  ).toHaveLength(1)
})

test('a call of a customer who is just being met waits for that, and for no other look', async () => {
  await using stack = await startStack({ options: { decisionMs: 600_000, flowgladDeadlineMs: 600_000 } })
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let looks = 0
  stack.proxy.breakWith(({ path }) => {
    if (/\/customers$/.test(path)) return { state: 'held', until: opened }
    // Before and after creating the customer. From the third on whoever waits for one waits longer than this test may take.
    return billing.test(path) && ++looks > 2 ? { state: 'held', until: new Promise(() => {}) } : undefined
  })
  const met = stack.billing.balances(ada)
  await until(() => expect(stack.proxy.count(/\/customers$/)).toBe(1))
  const calls = [spend(stack), spend(stack), stack.billing.balances(ada)]
  // Both have asked the ledger, and found nobody.
  await stack.ledger.balances('ada')
  await new Promise(setImmediate)
  open()
  await Promise.all([met, ...calls])
  expect(looks).toBe(2)
  expect((await stack.billing.balances(ada)).balances[0]).toMatchObject({ available: 8 })
})

test('a customer whom another node has just created is as good as created here', async () => {
  await using stack = await startStack()
  await stack.books.sdk.customers.create({
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
  expect(await stack.books.available(ada, 'generations')).toBe(9)
})

test('a customer whom another node creates at the same moment is as good as created', async () => {
  await using stack = await startStack()
  // Between the look that finds nobody and the creation, somebody else creates them: Flowglad answers 409.
  stack.proxy.breakWith(({ method, path }) => {
    if (method !== 'POST' || !/\/customers$/.test(path)) return
    const { id, name, email } = ada
    const created = stack.books.sdk.customers.create({ customer: { externalId: id, name, email } })
    return { state: 'held', until: created.then(() => {}) }
  })
  await spend(stack)
  expect(stack.proxy.count(/\/customers$/)).toBe(1)
  await expect.poll(() => stack.books.available(ada, 'generations')).toBe(9)
})

test('a denial follows a look at Flowglad that began after the call', async () => {
  await using stack = await startStack()
  await spend(stack, 10)
  await stack.billing.drain()
  const before = stack.proxy.count(billing)
  expect(await denialOf(spend(stack))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', availableBalance: 0 })
  expect(stack.proxy.count(billing)).toBe(before + 1)
  await stack.books.pay(ada, 'generation_pack')
  expect(await spend(stack)).toBe('done')
})

test('a call that comes while a fetch is under way is not refused by that fetch', async () => {
  await using stack = await startStack()
  await spend(stack, 10)
  await stack.billing.drain()
  let open = () => {}
  const until = new Promise<void>((resolve) => {
    open = resolve
  })
  const before = stack.proxy.count(billing)
  stack.proxy.breakWith(({ path }) => (billing.test(path) ? { state: 'answerHeld', until } : undefined))
  const early = denialOf(spend(stack))
  await expect.poll(() => stack.proxy.count(billing)).toBeGreaterThan(before)
  stack.proxy.mend()
  await stack.books.pay(ada, 'generation_pack')
  const late = denialOf(spend(stack))
  open()
  // The early one's books were read before the payment.
  expect(await early).toMatchObject({ code: 'INSUFFICIENT_CREDITS' })
  expect(await late).toBe('done')
})

test('a burst of denials causes few fetches, and each is answered', async () => {
  await using stack = await startStack({ options: { fetchEveryMs: 60_000 } })
  await spend(stack, 10)
  await stack.billing.drain()
  const before = stack.proxy.count(billing)
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => denialOf(spend(stack))))
  expect(outcomes).toEqual(Array(200).fill(expect.objectContaining({ code: 'INSUFFICIENT_CREDITS' })))
  for (let n = 0; n < 20; n++) await denialOf(spend(stack))
  // The bucket's five; the first of them was spent on meeting the customer.
  expect(stack.proxy.count(billing) - before).toBeLessThanOrEqual(5)
})

test('while Flowglad is slow, a denial comes from the last snapshot and says how old it is', async () => {
  await using stack = await startStack({ options: { decisionMs: 100 } })
  await meet(stack)
  await spend(stack, 9)
  await stack.billing.drain()
  const open = gate(stack, customers)
  expect(await denialOf(spend(stack, 2))).toMatchObject({
    code: 'INSUFFICIENT_CREDITS',
    availableBalance: 1,
    asOf: expect.any(Number),
  })
  expect(await spend(stack, 1)).toBe('done')
  open()
})

test('an unknown customer is answered BILLING_UNAVAILABLE while Flowglad is slow, and works once it has answered', async () => {
  await using stack = await startStack({ options: { decisionMs: 100 } })
  const open = gate(stack, customers)
  expect(await denialOf(spend(stack))).toMatchObject({
    code: 'BILLING_UNAVAILABLE',
    retryAfterMs: expect.any(Number),
  })
  open()
  // The fetch went on behind.
  await expect.poll(() => denialOf(spend(stack))).toBe('done')
})

test('with Flowglad away a known customer works up to the limit and not beyond, and everything arrives once', async () => {
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
  await expect.poll(() => stack.books.available(ada, 'generations')).toBe(0)
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect(await stack.books.events()).toHaveLength(10)
})

test('units whose fate at Flowglad is unknown are not called spent: the answer is BILLING_UNAVAILABLE', async () => {
  await using stack = await startStack()
  await spend(stack, 6)
  // Flowglad got them, nobody heard: the fetched balance contains them, or it does not.
  stack.proxy.breakWith(({ path }) => (/usage-events/.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  expect(await denialOf(spend(stack, 8))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', required: 8 })
  expect(await denialOf(spend(stack, 4))).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
  stack.proxy.mend()
  await expect.poll(() => denialOf(spend(stack, 4))).toBe('done')
  await stack.billing.drain()
  expect(await stack.books.available(ada, 'generations')).toBe(0)
})

test('whoever fetches first sends again what may or may not have arrived, and so can decide', async () => {
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
  expect(await stack.books.events()).toHaveLength(1)
})

test('an old snapshot serves the call and is refreshed behind it', async () => {
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

test('an old snapshot is left as it is while all fetches run that may, and its customer is delivered for', async () => {
  await using stack = await startStack({
    options: { snapshotMaxAgeMs: 1, maxFetches: 1, flowgladDeadlineMs: 600_000, decisionMs: 100 },
  })
  await expect.poll(async () => (await stack.billing.refresh(ada)).plan?.name).toBe('Free')
  using _ = { [Symbol.dispose]: gate(stack, /bob/) }
  await stack.billing.refresh(aUser('bob'))
  await until(() => expect(stack.proxy.count(/bob/)).toBe(1))
  await spend(stack)
  await until(async () => expect(await stack.books.events()).toHaveLength(1))
})

test('fetches run few at a time, however many customers wait', async () => {
  await using stack = await startStack({ options: { maxFetches: 2, decisionMs: 200 } })
  const open = gate(stack, billing)
  const users = Array.from({ length: 6 }, (_, n) => aUser(`u${n}`))
  const calls = users.map((user) => denialOf(spend(stack, 1, user)))
  await until(() => expect(stack.proxy.count(billing)).toBe(2))
  await Promise.all(calls)
  expect(stack.proxy.count(billing)).toBe(2)
  open()
  await expect.poll(() => stack.proxy.count(billing)).toBeGreaterThanOrEqual(6)
})

test('a denial that joins a refresh takes it past those who can wait', async () => {
  await using stack = await startStack({ started: false, options: { maxFetches: 1 } })
  const open = gate(stack, billing)
  const fetch = (id: string, urgent: boolean) =>
    stack.billing.internals.sync.fetch(aUser(id), { urgent, forced: true })
  const first = fetch('first', false)
  await until(() => expect(stack.proxy.count(billing)).toBe(1))
  const queued = [fetch('patient', false), fetch('joined', false), fetch('joined', true)]
  open()
  await Promise.all([first, ...queued])
  const order = stack.proxy.seen.filter(({ path }) => billing.test(path)).map(({ path }) => path)
  expect(order.findIndex((path) => path.includes('joined'))).toBeLessThan(
    order.findIndex((path) => path.includes('patient')),
  )
})

test('denials are BillingErrors with a plain message', async () => {
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

test('who must decide now passes who can wait', async () => {
  const { enter } = createGate(1)
  const order: string[] = []
  let open = () => {}
  const first = enter(
    { urgent: false },
    () =>
      new Promise<void>((resolve) => {
        open = resolve
      }),
  )
  const joined = { urgent: false }
  const rest = [
    enter({ urgent: false }, async () => void order.push('refresh')),
    enter({ urgent: true }, async () => void order.push('denial')),
    enter(joined, async () => void order.push('refresh that a denial joined')),
  ]
  joined.urgent = true
  open()
  await Promise.all([first, ...rest])
  expect(order).toEqual(['denial', 'refresh that a denial joined', 'refresh'])
})
