import { expect, it } from 'vitest'
import { cards, startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const paymentsOf = async (studio: Studio) => (await studio.node.payments.list()).data

/**
 * Sends a request without an SDK. Returns the status with the body's `error` or, if there is none, with the
 * body.
 */
async function ask(studio: Studio, path: string, body?: object): Promise<[number, unknown]> {
  const answer = await fetch(`${studio.url}/api/v1${path}`, {
    headers: { authorization: studio.key, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as { error?: unknown }
  return [answer.status, json.error ?? json]
}

it.each([{}, { partialAmount: 900 }, { partialAmount: -1 }, { partialAmount: 'half' }])(
  'refunds the whole payment for the request %j',
  async (request) => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.subscribe('ada', 'team_price')
    const [payment] = await paymentsOf(studio)
    expect(payment).toMatchObject({ refunded: false, refundedAmount: 0, refundedAt: null })
    const before = await studio.billing('ada')
    const [status, answer] = await ask(studio, `/payments/${payment?.id}/refund`, request)
    const [refunded] = await paymentsOf(studio)
    expect([status, answer]).toEqual([200, { payment: refunded }])
    expect(refunded).toEqual({
      ...payment,
      status: 'refunded',
      refunded: true,
      refundedAmount: 4900,
      refundedAt: expect.toSatisfy((at: number) => at % 1000 === 0 && studio.now() - at < 60_000),
      updatedAt: expect.any(Number),
    })
    expect(await studio.billing('ada')).toEqual(before)
  },
)

it('rejects a refund of a refunded, failed or unknown payment', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  const [payment] = await paymentsOf(studio)
  const refund = (id: string | undefined) => ask(studio, `/payments/${id}/refund`, {})
  await refund(payment?.id)
  expect(await refund(payment?.id)).toEqual([
    500,
    'Unwrap called on Err: ValidationError: Invalid status: Payment has already been refunded',
  ])
  await studio.renew('ada')
  const failed = (await paymentsOf(studio)).find(({ status }) => status === 'failed')
  expect(await refund(failed?.id)).toEqual([
    500,
    'Unwrap called on Err: Error: This charge was not successful, so it cannot be refunded.',
  ])
  expect(await refund('none')).toEqual([500, 'Unwrap called on Err: NotFoundError: Payment not found: none'])
})

it('charges a plan change in full after a refund', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  const [payment] = await paymentsOf(studio)
  await studio.node.payments.refund(payment?.id ?? '', {})
  await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'immediately', newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
  })
  expect((await paymentsOf(studio)).at(-1)).toMatchObject({ amount: 19900, status: 'succeeded' })
})

it('ends a plan after a failed payment if its only successful payment was refunded', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  const [payment] = await paymentsOf(studio)
  await studio.node.payments.refund(payment?.id ?? '', {})
  await studio.renew('ada')
  const { subscriptions, currentSubscription } = await studio.billing('ada')
  expect(subscriptions.find((subscription) => subscription.id === id)).toMatchObject({ status: 'canceled' })
  expect(currentSubscription).toMatchObject({ isFreePlan: true })
})

it("reports unknown IDs with the platform's message", async () => {
  await using studio = await startStudio()
  for (const [path, noun] of [
    ['/payments', 'payments'],
    ['/payment-methods', 'payment methods'],
    ['/purchases', 'purchases'],
    ['/invoice-line-items', 'invoice line items'],
  ])
    expect(await ask(studio, `${path}/none`)).toEqual([
      500,
      `Unwrap called on Err: Panic: Unwrap called on Err: NotFoundError: No ${noun} found with id: none`,
    ])
  expect(await ask(studio, '/invoices/none')).toEqual([500, 'Output validation failed'])
})

it('gives each received payment a receipt with the charged and the refunded amount', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  studio.advance(10 * 24 * 3_600_000)
  await studio.node.payments.refund((await paymentsOf(studio))[0]?.id ?? '', {})
  const receipt = async (at: number) => {
    const url = (await paymentsOf(studio)).at(at)?.receiptURL ?? ''
    const answer = await fetch(url)
    return [answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer()).toString('latin1')]
  }
  const [type, text] = await receipt(0)
  expect(type).toBe('application/pdf')
  expect(text).toMatch(/^%PDF-1\.4\n.*Team.*Total paid.*\(\$49\.00\).*Refunded.*\(-\$49\.00\).*%%EOF\n$/s)
  expect(text).toContain('ending in 0341')
  await studio.renew('ada')
  const failed = (await paymentsOf(studio)).find(({ status }) => status === 'failed')
  expect(failed).toMatchObject({ receiptURL: null, subscriptionId: id })
  const url = new URL((await paymentsOf(studio))[0]?.receiptURL ?? '')
  url.pathname = url.pathname.replace(/pym_\w+/, failed?.id ?? '')
  expect((await fetch(url)).status).toBe(404)
})

it('shows a discount on the receipt and shortens a name that is too long for the page', async () => {
  await using studio = await startStudio()
  await studio.node.customers.create({
    customer: { externalId: 'ada', name: 'Ada '.repeat(100), email: 'ada@studio.example' },
  })
  await studio.node.discounts.create({
    discount: { name: 'Summer', code: 'SUMMER', amount: 900, amountType: 'fixed', duration: 'once' },
  })
  const { url, pay } = await studio.checkout('ada', 'team_price')
  await fetch(`${url}/discount`, { method: 'POST', body: new URLSearchParams({ code: 'SUMMER' }) })
  await pay()
  const receipt = await fetch((await paymentsOf(studio))[0]?.receiptURL ?? '')
  const text = Buffer.from(await receipt.arrayBuffer()).toString('latin1')
  expect(text).toMatch(/\(\$49\.00\).*\(Discount\).*\(-\$9\.00\).*Total paid.*\(\$40\.00\)/s)
  const places = [...text.matchAll(/Tf (\S+) \d+ Td/g)].map(([, x]) => Number(x))
  expect(Math.min(...places)).toBeGreaterThanOrEqual(56)
  expect(text).toMatch(/\(Paid by\).*\((?:Ada )+.*\.\.\.\)/s)
})

it('shows every line and the total of a receipt that needs several pages', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.node.subscriptions.adjust(id, {
    adjustment: {
      timing: 'immediately',
      newSubscriptionItems: Array.from({ length: 80 }, () => ({ priceSlug: 'team_price' })),
      prorateCurrentBillingPeriod: false,
    },
  })
  await studio.renew('ada')
  const receipt = await fetch((await paymentsOf(studio)).at(-1)?.receiptURL ?? '')
  const text = Buffer.from(await receipt.arrayBuffer()).toString('latin1')
  expect(text.match(/\(\$49\.00\)/g)).toHaveLength(80)
  expect(text).toMatch(/\(Page 1 of 3\).*\(Page 2 of 3\).*Total paid.*\(\$3,920\.00\).*\(Page 3 of 3\)/s)
  expect(text).toContain('/Count 3')
  const offsets = [...text.matchAll(/^(\d{10}) 00000 n/gm)].map(([, offset]) => Number(offset))
  expect(offsets.map((offset) => text.slice(offset).split(' obj', 1)[0])).toEqual(
    offsets.map((_, index) => `${index + 1} 0`),
  )
})
