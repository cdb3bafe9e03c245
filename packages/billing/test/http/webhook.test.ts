import { expect, test } from 'vitest'
import { createTestBilling } from '../../src/testing/index.ts'
import { meters } from '../flowglad/meters.ts'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from '../trpc/startApp.ts'
import { signWebhook } from './signWebhook.ts'

const ada = aUser()

test('refreshes the customer named in a webhook only if the signature is valid and recent', async () => {
  await using app = await startApp()
  await app.client.ping.mutate()
  await app.atFlowglad.pay(ada, 'pro_monthly')
  const body = JSON.stringify({
    id: 'purchase_1',
    object: 'purchase',
    customer: { id: 'cust_1', externalId: 'ada' },
  })
  const send = (headers: Record<string, string>, sent = body) =>
    fetch(`${app.origin}/api/webhooks/flowglad`, { method: 'POST', headers, body: sent })
  const rejected = [
    await send({}),
    await send(signWebhook(body, { secret: 'whsec_d3Jvbmc=' })),
    await send(signWebhook(body), `${body} `),
    await send(signWebhook(body, { at: Date.now() - 3_600_000 })),
  ]
  for (const response of rejected) {
    expect(response.status).toBe(401)
    expect(await response.json()).toEqual({ error: 'invalid_webhook', message: expect.any(String) })
  }
  expect((await app.client.billing.balances.query()).plan?.name).toBe('Free')
  expect((await send(signWebhook(body))).status).toBe(200)
  await until(async () => expect((await app.client.billing.balances.query()).plan?.name).toBe('Pro'))
})

test('returns 503 and names the missing setting if the app has no webhook secret', async () => {
  await using billing = createTestBilling({
    meters,
    customer: () => ada,
    flowglad: { url: 'http://127.0.0.1:9', key: 'sk_test' },
  })
  const request = new Request('http://localhost/api/webhooks/flowglad', { method: 'POST', body: '{}' })
  const response = await billing.handle(request, { customer: () => null })
  expect(response?.status).toBe(503)
  expect(await response?.json()).toEqual({
    error: 'no_webhook_secret',
    message: 'Set flowglad.webhookSecret to receive webhooks.',
  })
})

test('does not call Flowglad for a webhook about a customer who is not in the ledger', async () => {
  await using app = await startApp()
  const body = JSON.stringify({ customer: { externalId: 'stranger' } })
  const headers = signWebhook(body)
  const response = await fetch(`${app.origin}/api/webhooks/flowglad`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  expect(app.proxy.count(/stranger/)).toBe(0)
})

test('still subtracts undelivered usage from the balance after a webhook, a refresh and a denial', async () => {
  await using app = await startApp()
  app.proxy.breakWith(({ path }) =>
    path.includes('usage-events') ? { state: 'page', status: 502 } : undefined,
  )
  await app.client.generate.mutate({ prompt: 'x', count: 8 })
  const body = JSON.stringify({ customer: { id: 'c', externalId: 'ada' } })
  await fetch(`${app.origin}/api/webhooks/flowglad`, { method: 'POST', headers: signWebhook(body), body })
  await app.client.billing.refresh.mutate()
  await expect(app.client.generate.mutate({ prompt: 'x', count: 3 })).rejects.toThrow()
  const { balances } = await app.client.billing.refresh.mutate()
  expect(balances[0]).toMatchObject({ available: 2, used: 8 })
  app.proxy.mend()
  await until(async () => expect(await app.billing.drain()).toBe(true))
  expect(await app.atFlowglad.available(ada, 'generations')).toBe(2)
})
