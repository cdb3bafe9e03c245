import { expect, it, vi } from 'vitest'
import { startStudio } from './studio.ts'
import { secret, startReceiver } from './webhookReceiver.ts'

it("sends events that are signed in Svix's format and identify the object to look up", async () => {
  await using receiver = await startReceiver(() => 200)
  await using studio = await startStudio({ webhook: { url: receiver.url, secret } })
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { customer } = await studio.billing('ada')
  await vi.waitFor(() => expect(receiver.received).toHaveLength(5))
  const common = { customer: { id: customer.id, externalId: 'ada' }, pricingModelId: customer.pricingModelId }
  const objects = receiver.received.map(({ body }) => (body as { object: string }).object)
  expect(objects.sort()).toEqual(['customer', 'payment', 'purchase', 'subscription', 'subscription'])
  for (const { body } of receiver.received)
    expect(body).toEqual({ id: expect.any(String), object: expect.any(String), ...common })
})

it('retries until the receiver accepts the event and never delays the API', async () => {
  await using receiver = await startReceiver((attempt) => (attempt < 3 ? 503 : 204))
  await using studio = await startStudio({ webhook: { url: receiver.url, secret } })
  await studio.customer('ada')
  expect(await studio.balances('ada')).toEqual({ render: 85 })
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), { timeout: 30_000 })
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(2)
  expect(receiver.attempts()).toBe(4)
})

const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes

/**
 * Starts a server whose webhook gets one event for each new customer. The clock moves only with `advance`.
 */
async function startWithWebhook(statusOf: (attempt: number) => number, answerHeaders = {}) {
  let registered = ''
  const receiver = await startReceiver(statusOf, () => registered, answerHeaders)
  const studio = await startStudio({ clock: () => Date.UTC(2027, 0, 31) })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const where = { url: receiver.url, filterTypes: ['customer.created'] }
  const { webhook, secret } = (await studio.node.post('/api/v1/webhooks', {
    body: { webhook: { name: 'Ours', pricingModelId: pricingModel.id, ...where } },
  })) as { webhook: { id: string }; secret: string }
  registered = secret
  await studio.customer('ada')
  await vi.waitFor(() => expect(receiver.attempts()).toBe(1))
  const page = `${studio.url}/webhooks/${receiver.lastId()}`
  const shown = async () => {
    const text = await (await fetch(page)).text()
    return {
      state: /<h2>Delivery<\/h2><span class="badge \w*">(\w+)/.exec(text)?.[1],
      next: /<dt>Next attempt<\/dt><dd>(.+?)<\/dd>/.exec(text)?.[1],
      attempts: [...text.matchAll(/<td>(Schedule|Resend)<\/td>/g)].map(([, reason]) => reason),
      answer: /<td class="(?:posi|nega)tive">(.+?)<\/td>/.exec(text)?.[1],
    }
  }
  return {
    receiver,
    studio,
    page,
    shown,
    resend: () => fetch(`${page}/resend`, { method: 'POST', redirect: 'manual' }),
    update: (changes: object) =>
      studio.node.put(`/api/v1/webhooks/${webhook.id}`, {
        body: { webhook: { id: webhook.id, ...where, ...changes } },
      }),
    async [Symbol.asyncDispose]() {
      await studio.close()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

it("retries on Svix's schedule by the server's clock and then marks the event as failed", async () => {
  await using started = await startWithWebhook(() => 500)
  const { receiver, studio, shown } = started
  const waits = [5 * seconds, 5 * minutes, 30 * minutes, 2 * hours, 5 * hours, 10 * hours, 10 * hours]
  for (const [i, wait] of waits.entries()) {
    await vi.waitFor(async () => expect((await shown()).attempts).toHaveLength(i + 1))
    studio.advance(wait - 1)
    expect(await shown()).toMatchObject({ state: 'Pending', attempts: { length: i + 1 } })
    expect(receiver.attempts()).toBe(i + 1)
    studio.advance(1)
  }
  await vi.waitFor(async () => expect((await shown()).state).toBe('Failed'))
  expect(await shown()).toEqual({
    state: 'Failed',
    next: 'None',
    attempts: Array(8).fill('Schedule'),
    answer: 'HTTP 500',
  })
  studio.advance(31 * 24 * hours)
  await shown()
  expect(receiver.attempts()).toBe(8)
})

it('resends an event on request and keeps the schedule if the resend fails', async () => {
  await using started = await startWithWebhook((attempt) => (attempt < 4 ? 500 : 200))
  const { receiver, studio, shown, resend } = started
  await vi.waitFor(async () => expect((await shown()).attempts).toHaveLength(1))
  const { next } = await shown()
  expect((await resend()).status).toBe(303)
  expect(await shown()).toEqual({
    state: 'Pending',
    next,
    attempts: ['Resend', 'Schedule'],
    answer: 'HTTP 500',
  })
  studio.advance(5 * seconds)
  await vi.waitFor(async () => expect((await shown()).attempts).toEqual(['Schedule', 'Resend', 'Schedule']))
  await resend()
  expect(await shown()).toMatchObject({ state: 'Delivered', next: 'None', answer: 'HTTP 200' })
  studio.advance(24 * hours)
  await resend()
  expect(receiver.received).toHaveLength(2)
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
})

it('stops retrying if the receiver requests it', async () => {
  await using started = await startWithWebhook(() => 400, { 'webhook-delivery': 'abort-message' })
  await vi.waitFor(async () => expect((await started.shown()).state).toBe('Failed'))
})

it('stops retrying if the webhook is disabled', async () => {
  await using started = await startWithWebhook(() => 500)
  const { receiver, studio, shown, update, resend } = started
  await vi.waitFor(async () => expect((await shown()).attempts).toHaveLength(1))
  await update({ active: false })
  studio.advance(5 * seconds)
  expect(await shown()).toMatchObject({ state: 'Failed', next: 'None' })
  await update({ active: true })
  studio.advance(24 * hours)
  await resend()
  expect(receiver.attempts()).toBe(2)
})

it("shows why an event for a disabled webhook can't be resent", async () => {
  await using started = await startWithWebhook(() => 200)
  const { receiver, shown, page, update, resend } = started
  await vi.waitFor(async () => expect((await shown()).state).toBe('Delivered'))
  const read = async () => (await fetch(page)).text()
  expect(await read()).toContain('>Resend</button>')
  await update({ active: false })
  expect(await read()).not.toContain('>Resend</button>')
  expect(await read()).toContain('resend this event, because its webhook is disabled.')
  expect((await resend()).status).toBe(303)
  expect((await shown()).attempts).toEqual(['Schedule'])
  await update({ active: true })
  await resend()
  expect(receiver.attempts()).toBe(2)
})

it("shows why an event without a receiver can't be resent", async () => {
  await using studio = await startStudio({ testControls: false })
  await studio.customer('ada')
  const event = /\/webhooks\/\w+/.exec(await (await fetch(studio.url)).text())?.[0]
  const text = await (await fetch(`${studio.url}${event}`)).text()
  expect(text).toContain('resend this event, because it has no receiver.')
  expect(text).not.toContain('<form method="post"')
})

it("shows why the clock can't be moved", async () => {
  await using receiver = await startReceiver(() => 500)
  await using studio = await startStudio({
    webhook: { url: receiver.url, secret },
    testControls: false,
    clock: () => Date.UTC(2027, 0, 31),
  })
  await studio.customer('ada')
  const event = /\/webhooks\/\w+/.exec(await (await fetch(studio.url)).text())?.[0]
  const read = async () => (await fetch(`${studio.url}${event}`)).text()
  await vi.waitFor(async () => expect(await read()).toContain('>Schedule</td>'))
  expect(await read()).toContain('Test controls are off')
})

it('serves the API even if the receiver is unreachable', async () => {
  await using studio = await startStudio({ webhook: { url: 'http://127.0.0.1:1/', secret } })
  await studio.customer('ada')
  expect(await studio.subscribe('ada', 'team_price')).toMatchObject({ status: 'active' })
})

it('rejects an invalid webhook secret at startup', async () => {
  await expect(startStudio({ webhook: { url: 'http://127.0.0.1:1/', secret: 'none' } })).rejects.toThrow(
    'whsec_',
  )
})

it("signs events for a registered webhook with the webhook's own secret", async () => {
  let registered = ''
  await using receiver = await startReceiver(
    () => 200,
    () => registered,
  )
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const post = (webhook: object) =>
    studio.node.post('/api/v1/webhooks', {
      body: { webhook: { pricingModelId: pricingModel.id, ...webhook } },
    })
  const { webhook, secret } = (await post({
    name: 'Ours',
    url: receiver.url,
    filterTypes: ['subscription.created', 'subscription.updated'],
  })) as { webhook: { id: string }; secret: string }
  registered = secret
  await studio.customer('ada')
  await vi.waitFor(() => expect(receiver.received).toMatchObject([{ body: { object: 'subscription' } }]))
  const path = `/api/v1/webhooks/${webhook.id}`
  expect(await studio.node.get(path)).toEqual({ webhook })
  const off = { id: webhook.id, url: receiver.url, filterTypes: ['customer.created'], active: false }
  expect(await studio.node.put(path, { body: { webhook: off } })).toMatchObject({ webhook: off })
  await studio.customer('grace')
  await studio.node.put(path, { body: { webhook: { ...off, active: true } } })
  await studio.customer('alan')
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2))
  const { customer } = await studio.billing('alan')
  expect(receiver.received[1]?.body).toMatchObject({ object: 'customer', id: customer.id })
  for (const wrong of [{ url: 'ftp://x' }, { filterTypes: ['everything'] }, { pricingModelId: undefined }])
    await expect(post({ name: 'X', url: receiver.url, filterTypes: [], ...wrong })).rejects.toMatchObject({
      status: 400,
    })
})

it('rejects a webhook for another pricing model and an update of an unknown webhook', async () => {
  await using studio = await startStudio()
  const other = await studio.node.pricingModels.create({ pricingModel: { name: 'Other' } })
  const webhook = { name: 'X', url: 'http://127.0.0.1:1', filterTypes: [] }
  const post = (pricingModelId: string) =>
    studio.node.post('/api/v1/webhooks', { body: { webhook: { ...webhook, pricingModelId } } })
  const failure = (error: string) => ({ status: 500, error: { error: expect.stringContaining(error) } })
  await expect(post(other.pricingModel.id)).rejects.toMatchObject(
    failure('new row violates row-level security policy'),
  )
  await expect(post('none')).rejects.toMatchObject(failure('No pricing models found with id: none'))
  await expect(
    studio.node.put('/api/v1/webhooks/none', { body: { webhook: { ...webhook, id: 'none' } } }),
  ).rejects.toMatchObject(failure('No webhooks found with id: none'))
})
