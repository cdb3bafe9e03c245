import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { aUser, webhookSecret } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()

const signed = (body: string, at = Date.now(), secret = webhookSecret) => {
  const id = 'msg_1'
  const timestamp = String(Math.floor(at / 1000))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${signature}`,
    'content-type': 'application/json',
  }
}

test('a webhook that Flowglad signed refreshes its customer; any other is refused', async () => {
  await using app = await startApp()
  await app.client.ping.query()
  await app.books.pay(ada, 'pro_monthly')
  const body = JSON.stringify({
    id: 'purchase_1',
    object: 'purchase',
    customer: { id: 'cust_1', externalId: 'ada' },
  })
  const send = (headers: Record<string, string>, sent = body) =>
    fetch(`${app.origin}/api/webhooks/flowglad`, { method: 'POST', headers, body: sent })
  expect((await send(signed(body, Date.now(), 'whsec_d3Jvbmc='))).status).toBe(400)
  expect((await send(signed(body), `${body} `)).status).toBe(400)
  expect((await send(signed(body, Date.now() - 3_600_000))).status).toBe(400)
  expect((await send({})).status).toBe(400)
  expect((await app.client.billing.balances.query()).plan?.name).toBe('Free')
  expect((await send(signed(body))).status).toBe(200)
  await until(async () => expect((await app.client.billing.balances.query()).plan?.name).toBe('Pro'))
})

test('neither a webhook, a returning checkout nor a denial erases usage that is not delivered yet', async () => {
  await using app = await startApp()
  app.proxy.breakWith(({ path }) =>
    path.includes('usage-events') ? { state: 'page', status: 502 } : undefined,
  )
  await app.client.generate.mutate({ prompt: 'x', count: 8 })
  const body = JSON.stringify({ customer: { id: 'c', externalId: 'ada' } })
  await fetch(`${app.origin}/api/webhooks/flowglad`, { method: 'POST', headers: signed(body), body })
  await app.client.billing.refresh.mutate()
  await expect(app.client.generate.mutate({ prompt: 'x', count: 3 })).rejects.toThrow()
  const { balances } = await app.client.billing.refresh.mutate()
  expect(balances[0]).toMatchObject({ available: 2, used: 8 })
  app.proxy.mend()
  await until(async () => expect(await app.billing.drain()).toBe(true))
  expect(await app.books.available(ada, 'generations')).toBe(2)
})
