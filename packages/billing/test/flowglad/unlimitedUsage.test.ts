import { expect, test } from 'vitest'
import { meters } from './meters.ts'
import { aUser, type Stack, startStack } from './startStack.ts'

const ada = aUser()
const month = 32 * 24 * 3_600_000

/**
 * Starts a stack in which the Scale plan makes `api_calls` unlimited. The meter has a price, so Flowglad
 * could bill the calls.
 */
const startScale = async () => {
  const stack = await startStack({
    policies: { api_calls: { ...meters.api_calls, unlimitedBy: 'unlimited_generations' } },
  })
  await stack.billing.balances(ada)
  return stack
}
async function subscribe(stack: Stack, priceSlug: string) {
  await stack.atFlowglad.pay(ada, priceSlug)
  await stack.billing.refresh(ada)
}
const use = (stack: Stack, amount: number, work: () => unknown = () => 'done') =>
  stack.billing.meter({ customer: ada, meter: 'api_calls', amount }, work)
/** Returns the totals of all invoices, in cents, after the next renewal. */
async function invoicedAfterRenewal(stack: Stack) {
  await stack.billing.drain()
  stack.flowglad.advance(month)
  const { invoices } = await stack.atFlowglad.sdk.customers.retrieveBilling(ada.id)
  return invoices.map(({ invoice }) => invoice.subtotal)
}

test('bills a customer on an unlimited plan only the plan’s price', async () => {
  await using stack = await startScale()
  await subscribe(stack, 'scale_monthly')
  await use(stack, 50_000)
  expect(await invoicedAfterRenewal(stack)).toEqual([9900, 9900])
})

test('bills usage beyond the grant on a limited plan that has a price for this usage', async () => {
  await using stack = await startScale()
  await subscribe(stack, 'pro_monthly')
  await use(stack, 12_000)
  const [first, renewal = 0] = await invoicedAfterRenewal(stack)
  expect(first).toBe(2000)
  expect(renewal).toBeGreaterThan(2000)
})

test('bills nothing for work that starts under a limit and ends after an upgrade to an unlimited plan', async () => {
  await using stack = await startScale()
  await subscribe(stack, 'pro_monthly')
  await use(stack, 12_000, async () => {
    await stack.atFlowglad.adjust(ada, 'scale_monthly')
    await stack.billing.refresh(ada)
  })
  expect((await invoicedAfterRenewal(stack)).at(-1)).toBe(9900)
})

test('bills nothing for work that starts on an unlimited plan and ends after the plan has ended', async () => {
  await using stack = await startScale()
  await subscribe(stack, 'scale_monthly')
  await use(stack, 50_000, async () => {
    await stack.atFlowglad.adjust(ada, 'pro_monthly')
    stack.flowglad.advance(month)
    await stack.billing.refresh(ada)
  })
  expect((await invoicedAfterRenewal(stack)).slice(1)).toEqual([2000, 2000])
})
