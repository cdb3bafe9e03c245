import { expect, it, vi } from 'vitest'
import { Database } from '../src/database/Database.ts'
import { createDirectory } from './process.ts'
import { dayMs, startStudio } from './studio.ts'
import { secret, startReceiver } from './webhookReceiver.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const fixedClock = { clock: () => Date.UTC(2027, 0, 31) }

const list = (studio: Studio) => studio.node.get('/api/v1/checkout-sessions?limit=100')

it('deletes an unfinished checkout session 14 days after its creation', async () => {
  await using studio = await startStudio(fixedClock)
  await studio.customer('ada')
  const completed = await studio.checkout('ada', 'team_price')
  await completed.pay()
  const { session } = await studio.checkout('ada', 'team_price')
  studio.advance(14 * dayMs - 1)
  expect(await list(studio)).toMatchObject({ data: { length: 2 } })
  studio.advance(1)
  expect(await list(studio)).toMatchObject({ data: [{ id: completed.session.id }], total: 1 })
  await expect(studio.node.checkoutSessions.retrieve(session.id)).rejects.toMatchObject({ status: 500 })
  expect((await fetch(`${studio.url}/checkout/${session.id}`)).status).toBe(404)
})

it('deletes many checkout sessions in several steps, even without API calls', async () => {
  await using studio = await startStudio(fixedClock)
  await studio.customer('ada')
  for (let n = 0; n < 120; n++) await studio.checkout('ada', 'team_price')
  studio.advance(14 * dayMs)
  expect(await list(studio)).toMatchObject({ total: 20 })
  await vi.waitFor(async () => expect(await list(studio)).toMatchObject({ total: 0 }), { timeout: 10_000 })
})

it('deletes an event and its attempts 90 days after the last attempt unless a retry is scheduled', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  await using receiver = await startReceiver(() => 200)
  const studio = await startStudio({ ...fixedClock, db, webhook: { url: receiver.url, secret } })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const webhook = { name: 'Unreachable', url: 'http://127.0.0.1:1/', filterTypes: ['customer.created'] }
  await studio.node.post('/api/v1/webhooks', {
    body: { webhook: { ...webhook, pricingModelId: pricingModel.id } },
  })
  await studio.customer('ada')
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2))
  const page = `${studio.url}/webhooks/${receiver.lastId()}`
  await vi.waitFor(async () => expect(await (await fetch(page)).text()).toContain('Delivered'))
  studio.advance(90 * dayMs - 1)
  expect((await fetch(page)).status).toBe(200)
  studio.advance(1)
  expect((await fetch(page)).status).toBe(404)
  await studio.close()
  const stored = new Database(db)
  const [waiting, ...others] = stored.webhookDeliveries.all()
  expect([waiting?.state, others]).toEqual(['pending', []])
  expect([...stored.webhookAttempts.all()].every(({ deliveryId }) => deliveryId === waiting?.id)).toBe(true)
  stored.close()
})

it('completes a resend even if the event is deleted before the receiver responds', async () => {
  let answer = (_status: number) => {}
  const later = new Promise<number>((resolve) => {
    answer = resolve
  })
  await using receiver = await startReceiver((attempt) => (attempt <= 2 ? 200 : later))
  await using studio = await startStudio({ ...fixedClock, webhook: { url: receiver.url, secret } })
  await studio.customer('ada')
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2))
  const page = `${studio.url}/webhooks/${receiver.lastId()}`
  await vi.waitFor(async () => expect(await (await fetch(page)).text()).toContain('Delivered'))
  const resent = fetch(`${page}/resend`, { method: 'POST', redirect: 'manual' })
  await vi.waitFor(() => expect(receiver.attempts()).toBe(3))
  studio.advance(90 * dayMs)
  answer(200)
  expect((await resent).status).toBe(303)
  expect((await fetch(page)).status).toBe(404)
})
