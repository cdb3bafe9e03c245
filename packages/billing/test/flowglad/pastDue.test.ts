import { expect, test } from 'vitest'
import type { BillingError } from '../../src/index.ts'
import { day, failRenewal, month, startTimedStack } from './failRenewal.ts'
import { aUser, type Stack } from './startStack.ts'

const ada = aUser()
const spend = (stack: Stack, amount = 1, meter: 'generations' | 'api_calls' = 'generations') =>
  stack.billing.meter({ customer: ada, meter, amount }, () => 'done')
const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    (value) => value ?? 'allowed',
    (error: BillingError) => error.denial?.code ?? String(error),
  )
const balanceOf = async (stack: Stack) => (await stack.billing.refresh(ada)).balances[0]
const planOf = async (stack: Stack) => (await stack.billing.refresh(ada)).plan

test('keeps an unpaid plan during the grace period but only the free grants afterward', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  expect(await planOf(stack)).toMatchObject({ status: 'past_due', pastDue: { state: 'grace' } })
  expect(await spend(stack, 3)).toBe('done')
  stack.pass(7 * day)
  expect(await planOf(stack)).toMatchObject({ pastDue: { state: 'free', upgradeUrl: '/billing' } })
  expect(await balanceOf(stack)).toMatchObject({ limit: 10, used: 3, available: 7 })
  expect(await spend(stack, 7)).toBe('done')
  const error = await spend(stack).catch((it: BillingError) => it.denial)
  expect(error).toMatchObject({
    code: 'PAYMENT_OVERDUE',
    upgradeUrl: '/billing',
    meters: [{ meter: 'generations', availableBalance: 0, required: 1 }],
  })
})

test('gives only the free grant in each of four unpaid months', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  stack.pass(8 * day)
  for (let n = 0; n < 4; n++) {
    expect(await spend(stack, 10)).toBe('done')
    expect(await outcomeOf(spend(stack))).toBe('PAYMENT_OVERDUE')
    await stack.billing.drain()
    stack.pass(month)
  }
})

test('limits an unlimited plan while a renewal is overdue', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack, 'scale_monthly')
  expect(await balanceOf(stack)).toMatchObject({ unlimited: true })
  stack.pass(8 * day)
  expect(await balanceOf(stack)).toMatchObject({ unlimited: false, limit: 10, available: 10 })
  expect(await outcomeOf(spend(stack, 11))).toBe('PAYMENT_OVERDUE')
  expect(await spend(stack, 10)).toBe('done')
})

test('gives only the free grant after a paid month of unlimited usage', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack, 'scale_monthly', async () => {
    await spend(stack, 5_000)
    await stack.billing.drain()
  })
  stack.pass(8 * day)
  expect(await spend(stack, 10)).toBe('done')
  expect(await outcomeOf(spend(stack))).toBe('PAYMENT_OVERDUE')
})

test('does not allow overage while a renewal is overdue', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  expect(await spend(stack, 2_000_000_000, 'api_calls')).toBe('done')
  stack.pass(8 * day)
  expect(await outcomeOf(spend(stack, 1, 'api_calls'))).toBe('PAYMENT_OVERDUE')
  await stack.billing.drain()
  stack.pass(month)
  expect(await spend(stack, 100, 'api_calls')).toBe('done')
  expect(await outcomeOf(spend(stack, 1, 'api_calls'))).toBe('PAYMENT_OVERDUE')
})

test('denies every call that costs units if the policy is deny', async () => {
  const then = 'deny'
  await using stack = await startTimedStack({ pastDue: { graceDays: 5, then } })
  await failRenewal(stack)
  expect(await spend(stack)).toBe('done')
  stack.pass(5 * day)
  expect(await outcomeOf(spend(stack))).toBe('PAYMENT_OVERDUE')
  expect(await outcomeOf(spend(stack, 1, 'api_calls'))).toBe('PAYMENT_OVERDUE')
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('PAYMENT_OVERDUE')
  expect(await balanceOf(stack)).toMatchObject({ available: 0, limit: 0, status: 'exhausted' })
})

test('withholds the features of an overdue plan', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
  stack.pass(8 * day)
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('PAYMENT_OVERDUE')
  expect(await outcomeOf(stack.billing.requireFeature(ada, 'unlimited_generations'))).toBe(
    'FEATURE_NOT_INCLUDED',
  )
  expect((await planOf(stack))?.features).toEqual([])
})

test('ends the grace period without a fetch', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  stack.proxy.breakWith(({ path }) => (/\/billing$/.test(path) ? { state: 'refused' } : undefined))
  expect(await spend(stack)).toBe('done')
  stack.pass(8 * day)
  expect(await outcomeOf(spend(stack, 100))).toBe('PAYMENT_OVERDUE')
})

test("ends the grace period according to Flowglad's clock if that clock is ahead", async () => {
  await using stack = await startTimedStack()
  await failRenewal({ ...stack, pass: stack.flowglad.advance })
  expect(await spend(stack, 100)).toBe('done')
  stack.flowglad.advance(9 * day)
  await stack.billing.refresh(ada)
  expect(await outcomeOf(spend(stack))).toBe('PAYMENT_OVERDUE')
})

test.each(['one', 'three'])(
  'makes the whole plan available again after a payment (unpaid periods: %s)',
  async (many) => {
    await using stack = await startTimedStack()
    await failRenewal(stack)
    if (many === 'three') stack.pass(2 * month)
    stack.pass(8 * day)
    expect(await outcomeOf(spend(stack, 100))).toBe('PAYMENT_OVERDUE')
    await stack.atFlowglad.payOverdue(ada)
    expect(await spend(stack, 100)).toBe('done')
    expect(await planOf(stack)).not.toHaveProperty('pastDue')
    expect(await outcomeOf(stack.billing.requireFeature(ada, 'hd'))).toBe('allowed')
    // The new card also pays the next renewal.
    stack.pass(month)
    expect(await spend(stack, 100)).toBe('done')
    stack.pass(8 * day)
    expect(await spend(stack, 100)).toBe('done')
  },
)

test('keeps a plan overdue after the customer cancels and resumes the plan', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  stack.pass(8 * day)
  await stack.billing.refresh(ada)
  const { currentSubscription } = await stack.atFlowglad.sdk.customers.retrieveBilling(ada.id)
  const id = currentSubscription?.id ?? ''
  const atPeriodEnd = { cancellation: { timing: 'at_end_of_current_billing_period' as const } }
  await stack.atFlowglad.sdk.subscriptions.cancel(id, atPeriodEnd)
  await stack.billing.refresh(ada)
  expect(await outcomeOf(spend(stack, 100))).toBe('PAYMENT_OVERDUE')
  await stack.atFlowglad.sdk.subscriptions.uncancel(id, { body: {} })
  expect(await planOf(stack)).toMatchObject({ status: 'active', pastDue: { state: 'free' } })
  expect(await outcomeOf(spend(stack, 100))).toBe('PAYMENT_OVERDUE')
})

test('makes pack credits available again only after the payment', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  await stack.atFlowglad.pay(ada, 'generation_pack')
  await stack.billing.refresh(ada)
  stack.pass(8 * day)
  expect(await balanceOf(stack)).toMatchObject({ available: 10, limit: 10 })
  await stack.atFlowglad.payOverdue(ada)
  expect(await balanceOf(stack)).toMatchObject({ available: 550 })
})

test('charges for work that starts during the grace period and ends after it', async () => {
  await using stack = await startTimedStack()
  await failRenewal(stack)
  const { plan, asOf } = await stack.billing.refresh(ada)
  stack.pass((plan?.pastDue?.graceEndsAt ?? 0) - (asOf ?? 0) - 60_000)
  let finish = () => {}
  const working = new Promise<void>((resolve) => {
    finish = resolve
  })
  const call = stack.billing.meter({ customer: ada, meter: 'generations', amount: 50 }, () => working)
  await expect.poll(async () => (await stack.billing.balances(ada)).balances[0]?.held).toBe(50)
  stack.pass(90_000)
  expect(await outcomeOf(spend(stack))).toBe('PAYMENT_OVERDUE')
  finish()
  await call
  await stack.billing.drain()
  expect((await stack.atFlowglad.events()).map(({ amount }) => amount)).toEqual([50])
})

test('counts units beyond the last grant as used only until the customer has paid for them', async () => {
  await using stack = await startTimedStack()
  const apiCalls = async () => {
    const { balances } = await stack.billing.refresh(ada)
    return balances.find(({ meter }) => meter === 'api_calls')
  }
  await failRenewal(stack, 'pro_monthly', async () => {
    await spend(stack, 10_500, 'api_calls')
    await stack.billing.drain()
  })
  expect(await apiCalls()).toMatchObject({ available: 9_500, used: 500, limit: 10_000 })
  await stack.atFlowglad.payOverdue(ada)
  expect(await apiCalls()).toMatchObject({ available: 10_000, used: 0, limit: 10_000 })
})
