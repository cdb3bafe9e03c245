import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/index.ts'
import { aUser, type Stack, type StackSetup, startStack } from './startStack.ts'

const ada = aUser()
const hour = 3_600_000
const month = 32 * 24 * hour
const year = 365 * 24 * hour
const billing = /\/billing$/

/** A stack whose ledger's time is moved by hand; Flowglad's own goes on, unless it is told. */
async function startTimed({ options, ...setup }: Omit<StackSetup, 'ledger'> = {}) {
  let offset = 0
  const clock = { now: () => Date.now() + offset }
  const ledger = sqliteLedger(':memory:', { clock })
  const stack = await startStack({
    ...setup,
    ledger,
    options: { snapshotMaxStaleMs: year, ...options },
  })
  return Object.assign(stack, {
    pass(ms: number) {
      offset += ms
    },
  })
}
const spend = (stack: Stack, amount = 1) =>
  stack.billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    (value) => value ?? 'allowed',
    (error) => error.denial ?? String(error),
  )
const fetches = (stack: Stack) => stack.proxy.count(billing)
const away = (stack: Stack) =>
  stack.proxy.breakWith(({ path }) => (billing.test(path) ? { state: 'refused' } : undefined))
/** Whoever waits for Flowglad now waits until it is opened. */
function silent(stack: Stack) {
  let open = () => {}
  const until = new Promise<void>((resolve) => {
    open = resolve
  })
  stack.proxy.breakWith(({ path }) => (billing.test(path) ? { state: 'held', until } : undefined))
  return open
}
async function onPro(stack: Stack) {
  await stack.billing.balances(ada)
  await stack.books.pay(ada, 'pro_monthly')
  await stack.billing.refresh(ada)
}

test('once its period is over, a customer gets the new grants with the first call', async () => {
  await using stack = await startTimed()
  await spend(stack, 10)
  await stack.billing.drain()
  stack.flowglad.advance(month)
  stack.pass(month)
  expect(await spend(stack, 2)).toBe('done')
  expect((await stack.billing.balances(ada)).balances[0]).toMatchObject({ available: 8, used: 2, limit: 10 })
})

test('the look for the new period costs no token: also a customer who has used up its fetches gets the new grants', async () => {
  await using stack = await startTimed({ options: { fetchBurst: 1, fetchEveryMs: hour } })
  await spend(stack, 10)
  await stack.billing.drain()
  const before = fetches(stack)
  expect(await outcomeOf(spend(stack))).toMatchObject({ code: 'INSUFFICIENT_CREDITS' })
  expect(fetches(stack)).toBe(before)
  stack.flowglad.advance(month)
  stack.pass(month)
  expect(await spend(stack, 10)).toBe('done')
})

test('when Flowglad still reports the old period, the call is decided and nothing is invented', async () => {
  await using stack = await startTimed()
  await spend(stack, 9)
  await stack.billing.drain()
  stack.pass(month)
  expect(await outcomeOf(spend(stack, 2))).toMatchObject({
    code: 'INSUFFICIENT_CREDITS',
    availableBalance: 1,
  })
  const before = fetches(stack)
  expect(await spend(stack, 1)).toBe('done')
  expect(fetches(stack) - before).toBeLessThanOrEqual(1)
})

test('when its period ends in an outage, a customer is decided on the old one after one look, and a denial still looks', async () => {
  await using stack = await startTimed({ started: false })
  await spend(stack, 5)
  await stack.billing.drain()
  stack.pass(month)
  away(stack)
  expect(await spend(stack, 1)).toBe('done')
  const open = silent(stack)
  expect(await spend(stack, 1)).toBe('done')
  away(stack)
  open()
  const before = fetches(stack)
  expect(await outcomeOf(spend(stack, 9))).toMatchObject({ code: 'INSUFFICIENT_CREDITS' })
  expect(fetches(stack)).toBeGreaterThan(before)
})

test('when its period ends in an outage, a feature that was there goes on after one look, and later ones wait for nothing', async () => {
  // Longer than this test may take.
  const options = { decisionMs: 600_000, flowgladDeadlineMs: 600_000 }
  await using stack = await startTimed({ started: false, options })
  await onPro(stack)
  stack.pass(month)
  away(stack)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  const open = silent(stack)
  for (let n = 0; n < 5; n++) {
    expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  }
  open()
})

test('while Flowglad still reports the old period, features are looked up once, then behind the calls with growing pauses', async () => {
  await using stack = await startTimed({ started: false })
  await onPro(stack)
  stack.pass(month)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  const before = fetches(stack)
  for (let n = 0; n < 50; n++) await stack.billing.requireFeature(ada, 'hd')
  expect(fetches(stack) - before).toBeLessThanOrEqual(3)
})

test('a feature that ended with its period is refused with the first call after it', async () => {
  await using stack = await startTimed()
  await onPro(stack)
  const { currentSubscription } = await stack.books.sdk.customers.retrieveBilling('ada')
  await stack.books.sdk.subscriptions.cancel(currentSubscription?.id ?? '', {
    cancellation: { timing: 'at_end_of_current_billing_period' },
  })
  stack.flowglad.advance(month)
  stack.pass(month)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toMatchObject({
    code: 'FEATURE_NOT_INCLUDED',
  })
})

test('a snapshot older than a day counts as none: in a longer outage calls and features are BILLING_UNAVAILABLE', async () => {
  await using stack = await startTimed({ options: { snapshotMaxStaleMs: 24 * hour } })
  await onPro(stack)
  away(stack)
  stack.pass(23 * hour)
  expect(await spend(stack)).toBe('done')
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  stack.pass(2 * hour)
  expect(await outcomeOf(spend(stack))).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toMatchObject({
    code: 'BILLING_UNAVAILABLE',
  })
  stack.proxy.mend()
  await expect.poll(() => outcomeOf(spend(stack))).toBe('done')
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
})

test('however often unlimited ends, nobody is locked out for what was unlimited, and no more than the grants can be spent after it', async () => {
  await using stack = await startTimed({ options: { fetchBurst: 100 } })
  const { changePlan } = stack.billing.internals.plans
  const generations = async () => (await stack.billing.refresh(ada)).balances[0]
  const nextPeriod = () => {
    stack.flowglad.advance(month)
    stack.pass(month)
  }
  await onPro(stack)
  for (const unlimitedUsage of [900, 700]) {
    await changePlan(ada, { priceSlug: 'scale_monthly' })
    expect(await generations()).toMatchObject({ unlimited: true })
    await spend(stack, unlimitedUsage)
    await changePlan(ada, { priceSlug: 'pro_monthly' })
    await stack.billing.drain()
    nextPeriod()
    expect(await generations()).toMatchObject({ unlimited: false, available: 500, limit: 500, used: 0 })
    await spend(stack, 500)
    expect(await outcomeOf(spend(stack))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', availableBalance: 0 })
    await stack.billing.drain()
  }
})
