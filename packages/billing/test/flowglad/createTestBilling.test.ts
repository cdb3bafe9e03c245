import { startFlowgladLocal } from 'flowglad-local'
import { expect, test } from 'vitest'
import { aCustomer, createTestBilling, testClock } from '../../src/testing/index.ts'
import { meters } from './meters.ts'
import { pricing } from './pricing.ts'

test('renews the hold of running work as the test clock advances', async () => {
  await using flowglad = await startFlowgladLocal({ pricing })
  const clock = testClock(Date.now())
  await using billing = createTestBilling({
    meters,
    clock,
    customer: (ctx: { user: ReturnType<typeof aCustomer> }) => ctx.user,
    flowglad,
  })
  const customer = aCustomer()
  let finish = () => {}
  const running = billing.meter(
    { customer, meter: 'generations', amount: 2 },
    () =>
      new Promise<void>((resolve) => {
        finish = resolve
      }),
  )
  await expect.poll(async () => (await billing.balances(customer)).balances[0]?.held).toBe(2)
  await clock.advance(10 * 60_000)
  expect((await billing.balances(customer)).balances[0]).toMatchObject({ available: 8, held: 2 })
  finish()
  await running
  expect(await billing.drain()).toBe(true)
  expect((await billing.refresh(customer)).balances[0]).toMatchObject({ available: 8, used: 2, limit: 10 })
})
