import { expect, test } from 'vitest'
import { SetupError } from '../../src/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  )

test('rejects a checkout without calling Flowglad if publicUrl is missing', async () => {
  await using app = await startApp({ publicUrl: undefined })
  const buy = { priceSlug: 'pro_monthly' }
  expect(await failureOf(app.client.billing.checkout.mutate(buy))).toMatchObject({
    message: expect.stringContaining('Set publicUrl in createBilling'),
  })
  const caller = app.router.createCaller({ user: aUser() }).billing
  expect(await failureOf(caller.checkout(buy))).toMatchObject({ cause: expect.any(SetupError) })
  expect(app.proxy.count(/checkout/)).toBe(0)
})

/** Flowglad's response after an internal failure. */
const failure = {
  error: 'An unexpected error occurred',
  code: 'INTERNAL_SERVER_ERROR',
  request_id: '0a1b2c3d',
}
const creates = ({ method, path }: { method: string; path: string }) =>
  method === 'POST' && /checkout-sessions/.test(path)

test('returns a checkout page that Flowglad creates despite returning an error', async () => {
  await using app = await startApp()
  app.proxy.breakWith((passing) =>
    creates(passing) ? { state: 'handledButFails', status: 500, body: failure } : undefined,
  )
  const { url } = await app.client.billing.checkout.mutate({ priceSlug: 'pro_monthly' })
  const { data } = await app.atFlowglad.sdk.checkoutSessions.list()
  expect(data).toHaveLength(1)
  expect(url).toMatch(new RegExp(`/${data[0]?.id}$`))
})

test.each(['javascript:alert(1)', 'data:text/html,x', '//pay.example'])(
  'does not send the browser to %s',
  async (url) => {
    await using app = await startApp()
    app.proxy.breakWith((passing) =>
      creates(passing)
        ? { state: 'json', status: 200, body: { checkoutSession: { id: 'x' }, url } }
        : undefined,
    )
    const error = await failureOf(app.client.billing.checkout.mutate({ priceSlug: 'pro_monthly' }))
    expect(error).toMatchObject({ data: { code: 'INTERNAL_SERVER_ERROR' } })
  },
)

test("reports Flowglad's error if Flowglad creates no checkout page", async () => {
  await using app = await startApp()
  await app.client.billing.checkout.mutate({ priceSlug: 'pro_monthly' })
  app.proxy.breakWith((passing) =>
    creates(passing) ? { state: 'json', status: 500, body: failure } : undefined,
  )
  await expect(app.client.billing.checkout.mutate({ priceSlug: 'pro_monthly' })).rejects.toThrow(
    'An unexpected error occurred',
  )
})

test('returns BILLING_UNAVAILABLE if it cannot look up a failed checkout', async () => {
  await using app = await startApp()
  app.proxy.breakWith(({ path }) =>
    /checkout-sessions/.test(path) ? { state: 'handledButFails', status: 500, body: failure } : undefined,
  )
  const caller = app.router.createCaller({ user: aUser() }).billing
  expect(await failureOf(caller.checkout({ priceSlug: 'pro_monthly' }))).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    cause: { denial: { code: 'BILLING_UNAVAILABLE' } },
  })
})
