import { expect, test } from 'vitest'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()

test('names the pack units that an upgrade from Free forfeits, in the answer of the checkout', async () => {
  await using app = await startApp()
  await app.client.billing.balances.query()
  await app.atFlowglad.pay(ada, 'generation_pack')
  await app.client.generate.mutate({ prompt: 'x', count: 12 })
  const checkout = (priceSlug: string) => app.client.billing.checkout.mutate({ priceSlug })
  // Free's 10 units are used first, so 2 of the pack's 50 units are used.
  expect((await checkout('pro_monthly')).forfeits).toEqual([{ meter: 'generations', amount: 48 }])
  expect((await checkout('generation_pack')).forfeits).toEqual([])
})

test('names the pack units that the end of a paid plan forfeits, and none for a change between paid plans', async () => {
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
