import { expect, it } from 'vitest'
import { cards, startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const paymentsOf = async (studio: Studio) => (await studio.node.payments.list()).data

/**
 * Sends a request without an SDK. Returns the status and the body, or only the body's `error` if there is
 * one.
 */
async function ask(studio: Studio, path: string, body?: object): Promise<[number, unknown]> {
  const answer = await fetch(`${studio.url}/api/v1${path}`, {
    headers: { authorization: studio.key },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as { error?: unknown }
  return [answer.status, json.error ?? json]
}

it('refunds a payment in parts, up to its amount', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const [payment] = await paymentsOf(studio)
  const path = `/payments/${payment?.id}/refund`
  const refund = async (partialAmount?: number) =>
    (await studio.node.payments.refund(payment?.id ?? '', partialAmount ? { partialAmount } : {})).payment
  const invalid = (text: string) => [
    500,
    `Unwrap called on Err: Panic: Unwrap called on Err: ValidationError: Invalid ${text}`,
  ]
  expect(payment).toMatchObject({ refunded: false, refundedAmount: 0, refundedAt: null })
  for (const amount of [0, -900])
    expect(await ask(studio, path, { partialAmount: amount })).toEqual(
      invalid('partialAmount: Partial amount must be greater than 0'),
    )
  expect(await ask(studio, path, { partialAmount: 4901 })).toEqual(
    invalid('partialAmount: Partial amount cannot be greater than the payment amount'),
  )
  expect(await ask(studio, path, { partialAmount: 0.5 })).toEqual([500, 'Invalid integer: 0.5'])
  expect(await ask(studio, path, { partialAmount: null })).toMatchObject([400, [{ path: ['partialAmount'] }]])
  expect(await refund(900)).toMatchObject({ status: 'succeeded', refunded: false, refundedAmount: 900 })
  expect(await ask(studio, path, { partialAmount: 4001 })).toEqual([
    500,
    'Refund amount ($40.01) is greater than unrefunded amount on charge ($40.00)',
  ])
  expect(await refund()).toMatchObject({ status: 'refunded', refunded: true, refundedAmount: 4900 })
  expect(await ask(studio, path, {})).toEqual(invalid('status: Payment has already been refunded'))
  expect((await studio.billing('ada')).invoices).toMatchObject([{ invoice: { status: 'paid' } }])
})

it('rejects a refund of a failed payment', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price', { card: cards.failsLater })
  await studio.renew('ada')
  const failed = (await paymentsOf(studio)).find(({ status }) => status === 'failed')
  expect(await ask(studio, `/payments/${failed?.id}/refund`, {})).toEqual([
    500,
    'This PaymentIntent does not have a successful charge to refund.',
  ])
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
