import { expect, test } from 'vitest'
import { forfeitsOf } from '../../src/contract/forfeits.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()

const grants = [{ meter: 'generations', name: 'Generations', amount: 10, renews: true }]
const free = { kind: 'plan', priceSlug: 'free', isFree: true, grants } as const
const pro = { kind: 'plan', priceSlug: 'pro_monthly', isFree: false, grants } as const
const scale = { kind: 'plan', priceSlug: 'scale_monthly', isFree: false, grants } as const
const pack = { kind: 'pack', priceSlug: 'generation_pack', isFree: false, grants } as const
const offers = [pack, free, pro, scale]

/** Returns the response of `balances` for a customer on this plan with one meter. */
const answerOn = (
  plan: typeof free | typeof pro | typeof scale,
  row: { available: number | null; limit: number | null },
) => ({
  plan,
  balances: [{ meter: 'generations', ...row }],
})

test.each([
  ['nothing without a pack', pro, free, { available: 10, limit: 10 }, 0],
  ["the whole pack if only the plan's units were used", pro, free, { available: 55, limit: 60 }, 50],
  ['the rest of a pack', pro, free, { available: 7, limit: 60 }, 7],
  ['nothing if the pack is used up', pro, free, { available: 0, limit: 60 }, 0],
  ['nothing if the meter is unlimited', free, scale, { available: null, limit: null }, 0],
  ['the pack at the end of a paid plan', free, pro, { available: 45, limit: 60 }, 45],
  ['nothing for a change between paid plans', scale, pro, { available: 55, limit: 60 }, 0],
  ['nothing for a pack', pack, free, { available: 55, limit: 60 }, 0],
])('forfeits %s', (_, target, current, row, amount) => {
  const forfeits = amount === 0 ? [] : [{ meter: 'generations', amount }]
  expect(forfeitsOf(target, offers, answerOn(current, row))).toEqual(forfeits)
})

test('lists no forfeited units until both the offers and the balances are loaded', () => {
  expect(forfeitsOf(pro, undefined, answerOn(free, { available: 55, limit: 60 }))).toEqual([])
  expect(forfeitsOf(pro, offers, undefined)).toEqual([])
})

test('lists at checkout the pack units that the customer loses by upgrading from Free', async () => {
  await using app = await startApp()
  await app.client.billing.balances.query()
  await app.atFlowglad.pay(ada, 'generation_pack')
  await app.client.generate.mutate({ prompt: 'x', count: 12 })
  const checkout = (priceSlug: string) => app.client.billing.checkout.mutate({ priceSlug })
  // The call uses the Free plan's 10 units first, and then 2 of the pack's 50 units.
  expect((await checkout('pro_monthly')).forfeits).toEqual([{ meter: 'generations', amount: 48 }])
  expect((await checkout('generation_pack')).forfeits).toEqual([])
})

test('lists pack units as lost only if a paid plan ends', async () => {
  await using app = await startApp()
  await app.client.billing.balances.query()
  await app.atFlowglad.pay(ada, 'pro_monthly')
  await app.atFlowglad.pay(ada, 'generation_pack')
  await app.billing.refresh(ada)
  const change = (priceSlug: string) => app.client.billing.changePlan.mutate({ priceSlug })
  const pack = [{ meter: 'generations', amount: 50 }]
  expect((await change('free')).forfeits).toEqual(pack)
  expect((await app.client.billing.resume.mutate()).forfeits).toEqual([])
  expect((await app.client.billing.cancel.mutate()).forfeits).toEqual(pack)
  await app.client.billing.resume.mutate()
  expect((await change('scale_monthly')).forfeits).toEqual([])
})
