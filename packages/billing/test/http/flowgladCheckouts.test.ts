import { expect, test } from 'vitest'
import { startApp } from '../trpc/startApp.ts'
import { post } from './postFlowglad.ts'

test.each([
  ['checkout-sessions/create', { priceSlug: 'generation_pack' }],
  ['checkout-sessions/create-add-payment-method', {}],
])('opens one page for all requests to %s with the same key', async (path, body) => {
  await using app = await startApp()
  const open = (key: string | null) => post(app, path, body, 'ada', key)
  const first = await open('k')
  expect(first).toMatchObject({
    status: 200,
    data: { checkoutSession: { id: expect.any(String) }, url: expect.stringMatching(/chckt_session_/) },
  })
  expect(await Promise.all([open('k'), open('k')])).toEqual([first, first])
  for (const key of ['another', null]) expect((await open(key)).data).not.toEqual(first.data)
  expect(await open('not,valid')).toMatchObject({ status: 400, error: { code: 'key_invalid' } })
})

test('returns the page that the billing router opened under the same key', async () => {
  await using app = await startApp()
  const order = { priceSlug: 'generation_pack' }
  const { url } = await app.client.billing.checkout.mutate(order, { context: { idempotencyKey: 'k' } })
  expect(await post(app, 'checkout-sessions/create', order, 'ada', 'k')).toMatchObject({ data: { url } })
  const other = { priceSlug: 'pro_monthly' }
  expect(await post(app, 'checkout-sessions/create', other, 'ada', 'k')).toMatchObject({
    status: 409,
    error: { code: 'key_reused' },
  })
})
