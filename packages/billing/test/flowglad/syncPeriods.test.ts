import { expect, test } from 'vitest'
import { movedLedger } from './movedLedger.ts'
import { aUser, type Stack, type StackSetup, startStack } from './startStack.ts'

const ada = aUser()
const hour = 3_600_000
const month = 32 * 24 * hour
const year = 365 * 24 * hour
const billing = /\/billing$/

/** Starts a stack. `pass` advances only the ledger's clock, and `flowglad.advance` advances only Flowglad's clock. */
async function startTimed({ options, ...setup }: Omit<StackSetup, 'ledger'> = {}) {
  const { ledger, pass } = movedLedger()
  const stack = await startStack({ ...setup, ledger, options: { snapshotMaxStaleMs: year, ...options } })
  return Object.assign(stack, { pass })
}
const spend = (stack: Stack, amount = 1) =>
  stack.billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    (value) => value ?? 'allowed',
    (error) => error.denial ?? String(error),
  )
const fetches = (stack: Stack) => stack.proxy.count(billing)
const makeUnavailable = (stack: Stack) =>
  stack.proxy.breakWith(({ path }) => (billing.test(path) ? { state: 'refused' } : undefined))
async function subscribeToPro(stack: Stack) {
  await stack.billing.balances(ada)
  await stack.atFlowglad.pay(ada, 'pro_monthly')
  await stack.billing.refresh(ada)
}

test("grants the new period's credits on the customer's first call", async () => {
  await using stack = await startTimed()
  await spend(stack, 10)
  await stack.billing.drain()
  stack.flowglad.advance(month)
  stack.pass(month)
  expect(await spend(stack, 2)).toBe('done')
  expect((await stack.billing.balances(ada)).balances[0]).toMatchObject({ available: 8, used: 2, limit: 10 })
})

test('fetches a new period even if the customer has no fetch tokens left', async () => {
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

test("uses the old period's balance while Flowglad still reports that period", async () => {
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

test('uses the old balance after one failed fetch, but fetches again before a denial', async () => {
  await using stack = await startTimed({ started: false })
  await spend(stack, 5)
  await stack.billing.drain()
  stack.pass(month)
  makeUnavailable(stack)
  expect(await spend(stack, 1)).toBe('done')
  const open = stack.proxy.hold(billing)
  expect(await spend(stack, 1)).toBe('done')
  makeUnavailable(stack)
  open()
  const before = fetches(stack)
  expect(await outcomeOf(spend(stack, 9))).toMatchObject({ code: 'INSUFFICIENT_CREDITS' })
  expect(fetches(stack)).toBeGreaterThan(before)
})

test('allows a feature after one failed fetch without waiting for another fetch', async () => {
  // The deadlines are longer than the test timeout, so a call that waits for Flowglad fails the test.
  const options = { decisionMs: 600_000, flowgladDeadlineMs: 600_000 }
  await using stack = await startTimed({ started: false, options })
  await subscribeToPro(stack)
  stack.pass(month)
  makeUnavailable(stack)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  const open = stack.proxy.hold(billing)
  for (let n = 0; n < 5; n++) {
    expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  }
  open()
})

test('fetches at growing intervals while Flowglad reports the old period', async () => {
  await using stack = await startTimed({ started: false })
  await subscribeToPro(stack)
  stack.pass(month)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  const before = fetches(stack)
  for (let n = 0; n < 50; n++) await stack.billing.requireFeature(ada, 'hd')
  expect(fetches(stack) - before).toBeLessThanOrEqual(3)
})

test('denies a feature on the first call after a canceled plan has ended', async () => {
  await using stack = await startTimed()
  await subscribeToPro(stack)
  const { currentSubscription } = await stack.atFlowglad.sdk.customers.retrieveBilling('ada')
  await stack.atFlowglad.sdk.subscriptions.cancel(currentSubscription?.id ?? '', {
    cancellation: { timing: 'at_end_of_current_billing_period' },
  })
  stack.flowglad.advance(month)
  stack.pass(month)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toMatchObject({
    code: 'FEATURE_NOT_INCLUDED',
  })
})

test('returns BILLING_UNAVAILABLE once an outage lasts longer than snapshotMaxStaleMs', async () => {
  await using stack = await startTimed({ options: { snapshotMaxStaleMs: 24 * hour } })
  await subscribeToPro(stack)
  makeUnavailable(stack)
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

test("grants exactly the new plan's units each time an unlimited plan ends", async () => {
  await using stack = await startTimed({ options: { fetchBurst: 100 } })
  const generations = async () => (await stack.billing.refresh(ada)).balances[0]
  const nextPeriod = () => {
    stack.flowglad.advance(month)
    stack.pass(month)
  }
  await subscribeToPro(stack)
  for (const unlimitedUsage of [900, 700]) {
    await stack.atFlowglad.adjust(ada, 'scale_monthly')
    expect(await generations()).toMatchObject({ unlimited: true })
    await spend(stack, unlimitedUsage)
    await stack.atFlowglad.adjust(ada, 'pro_monthly')
    await stack.billing.drain()
    nextPeriod()
    expect(await generations()).toMatchObject({ unlimited: false, available: 500, limit: 500, used: 0 })
    await spend(stack, 500)
    expect(await outcomeOf(spend(stack))).toMatchObject({ code: 'INSUFFICIENT_CREDITS', availableBalance: 0 })
    await stack.billing.drain()
  }
})
