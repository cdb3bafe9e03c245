import { expect, it, vi } from 'vitest'
import { Database } from '../src/database/Database.ts'
import type { WebhookDelivery } from '../src/database/records/webhooks.ts'
import { createDirectory } from './process.ts'
import { startStudio } from './studio.ts'
import { secret, startReceiver } from './webhookReceiver.ts'

const now = Date.UTC(2027, 0, 31)
// More events than the server can cache.
const manyEvents = 10_500

const anEvent = (changes: Partial<WebhookDelivery>): WebhookDelivery => ({
  id: 'msg_1',
  createdAt: now,
  updatedAt: now,
  livemode: false,
  pricingModelId: 'pricing_model_1',
  webhookId: null,
  type: 'customer.created',
  payload: '{"customer":{"id":"cust_1"}}',
  state: 'pending',
  attempts: 1,
  nextAttemptAt: now,
  lastStatus: null,
  lastError: null,
  ...changes,
})

/** Adds events to a database file. */
function addEvents(file: string, changes: Partial<WebhookDelivery>, count = manyEvents): void {
  const db = new Database(file)
  db.transaction(() => {
    for (let n = 0; n < count; n++) db.webhookDeliveries.put(anEvent({ ...changes, id: `msg_${n}` }))
  })
  db.close()
}

/** Makes calls, runs `then`, and expects that the server reads only a few of the stored events. */
async function expectFewReads(
  studio: Awaited<ReturnType<typeof startStudio>>,
  then: () => Promise<unknown> = async () => {},
) {
  const parse = vi.spyOn(JSON, 'parse')
  try {
    await studio.customer('ada')
    for (let n = 0; n < 10; n++) await studio.billing('ada')
    await then()
    const read = parse.mock.calls.filter(([text]) => String(text).includes('"nextAttemptAt"'))
    expect(read.length).toBeLessThan(20)
  } finally {
    parse.mockRestore()
  }
}

it("reads few events that aren't due while it serves calls and sends new events", async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  addEvents(db, { nextAttemptAt: now + 1 })
  await using receiver = await startReceiver(() => 200)
  await using studio = await startStudio({ db, clock: () => now, webhook: { url: receiver.url, secret } })
  await expectFewReads(studio, () => vi.waitFor(() => expect(receiver.received).toHaveLength(2)))
})

it("reads few events without a receiver while it sends a registered webhook's events", async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  addEvents(db, {})
  let registered = ''
  await using receiver = await startReceiver(
    () => 200,
    () => registered,
  )
  await using studio = await startStudio({ db, clock: () => now })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const webhook = { name: 'Ours', url: receiver.url, filterTypes: ['customer.created'] }
  const created = await studio.node.post<{ secret: string }>('/api/v1/webhooks', {
    body: { webhook: { ...webhook, pricingModelId: pricingModel.id } },
  })
  registered = created.secret
  await expectFewReads(studio, () => vi.waitFor(() => expect(receiver.received).toHaveLength(1)))
})

it('reads few of the due events while the receiver is slow', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  addEvents(db, {})
  let answer = (_status: number) => {}
  const later = new Promise<number>((resolve) => {
    answer = resolve
  })
  await using receiver = await startReceiver(() => later)
  await using studio = await startStudio({ db, clock: () => now, webhook: { url: receiver.url, secret } })
  await vi.waitFor(() => expect(receiver.attempts()).toBe(8))
  await expectFewReads(studio)
  answer(200)
})

it("marks a disabled webhook's events as failed and sends the events of other webhooks", async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  await using receiver = await startReceiver(() => 200)
  const before = await startStudio({ db, clock: () => now })
  const { pricingModel } = await before.node.pricingModels.retrieveDefault()
  const webhook = { url: 'http://127.0.0.1:1/', filterTypes: ['customer.created'] }
  const path = '/api/v1/webhooks'
  const created = await before.node.post<{ webhook: { id: string } }>(path, {
    body: { webhook: { ...webhook, name: 'Off', pricingModelId: pricingModel.id } },
  })
  const { id } = created.webhook
  await before.node.put(`${path}/${id}`, { body: { webhook: { ...webhook, id, active: false } } })
  await before.close()
  addEvents(db, { webhookId: id }, 2000)
  await using studio = await startStudio({ db, clock: () => now + 1, webhook: { url: receiver.url, secret } })
  await studio.customer('ada')
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), { timeout: 10_000 })
})
