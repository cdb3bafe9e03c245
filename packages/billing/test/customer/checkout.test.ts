import { expect, test } from 'vitest'
import { SetupError } from '../../src/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  )

test('rejects a checkout if publicUrl is missing, and sends no request to Flowglad', async () => {
  await using app = await startApp({ publicUrl: undefined })
  const buy = { priceSlug: 'pro_monthly' }
  expect(await failureOf(app.client.billing.checkout.mutate(buy))).toMatchObject({
    message: expect.stringContaining('Set publicUrl in createBilling'),
  })
  const caller = app.router.createCaller({ user: aUser() }).billing
  expect(await failureOf(caller.checkout(buy))).toMatchObject({ cause: expect.any(SetupError) })
  expect(app.proxy.count(/checkout/)).toBe(0)
})
