import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const urls = { successUrl: 'http://127.0.0.1/thanks', cancelUrl: 'http://127.0.0.1/back' }

async function put(studio: Studio, checkoutSession: object, id = 'any') {
  const answer = await fetch(`${studio.url}/api/v1/checkout-sessions/${id}`, {
    method: 'PUT',
    headers: { authorization: studio.key, 'content-type': 'application/json' },
    body: JSON.stringify({ checkoutSession }),
  })
  return [answer.status, await answer.json()]
}

/** Starts a studio with an open checkout for Ada. */
async function withCheckout() {
  const studio = await startStudio()
  await studio.customer('ada')
  const { session, url } = await studio.checkout('ada', 'team_price')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const priceIdOf = (slug: string) =>
    pricingModel.products.flatMap(({ prices }) => prices).find((price) => price.slug === slug)?.id
  return { studio, session, url, priceIdOf }
}

it("changes the session that the body identifies, regardless of the path's ID", async () => {
  const { studio, session, url, priceIdOf } = await withCheckout()
  await using _ = studio
  const change = {
    id: session.id,
    type: 'product',
    priceId: priceIdOf('agency_price'),
    quantity: 3,
    customerName: 'Ada L.',
    outputName: 'Team of three',
    outputMetadata: { seats: 3 },
    billingAddress: { address: { country: 'US', line1: null } },
    paymentMethodType: 'link',
    preserveBillingCycleAnchor: true,
    status: 'succeeded',
    livemode: true,
    unknown: 1,
  }
  const { status: _status, livemode: _livemode, unknown: _unknown, ...taken } = change
  const updated = { ...session, ...taken, updatedAt: expect.any(Number) }
  const answer = await put(studio, change)
  expect(answer).toEqual([200, { checkoutSession: updated, url }])
  expect(await studio.node.checkoutSessions.retrieve(session.id)).toEqual(answer[1])
})

it('subscribes the customer at the price that an update sets', async () => {
  const { studio, session, url, priceIdOf } = await withCheckout()
  await using _ = studio
  await put(studio, { id: session.id, type: 'product', priceId: priceIdOf('agency_price'), successUrl: null })
  const paid = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: 'Ada', email: 'ada@studio.example', card: '4242 4242 4242 4242' }),
  })
  expect([paid.status, paid.headers.get('location')]).toEqual([303, `/checkout/${session.id}`])
  expect((await studio.plan('ada')).priceId).toBe(priceIdOf('agency_price'))
})

it("removes a session's subscription and card setting when its type changes to product", async () => {
  const { studio, priceIdOf } = await withCheckout()
  await using _ = studio
  const { id: targetSubscriptionId } = await studio.plan('ada')
  const { checkoutSession } = await studio.node.checkoutSessions.create({
    checkoutSession: { ...urls, type: 'add_payment_method', customerExternalId: 'ada', targetSubscriptionId },
  })
  const change = { id: checkoutSession.id, type: 'product', priceId: priceIdOf('agency_price') }
  expect(await put(studio, change)).toMatchObject([
    200,
    {
      checkoutSession: {
        type: 'product',
        targetSubscriptionId: null,
        automaticallyUpdateSubscriptions: null,
      },
    },
  ])
})

it('rejects invalid fields and fields that the session type forbids', async () => {
  const { studio, session, priceIdOf } = await withCheckout()
  await using _ = studio
  const product = { id: session.id, type: 'product', priceId: priceIdOf('agency_price') }
  const pathsOf = async (change: object) => {
    const [status, { error }] = await put(studio, change)
    return [status, error.map(({ path }: { path: string[] }) => path.slice(1).join('.'))]
  }
  expect(await pathsOf({})).toEqual([400, ['type']])
  expect(await pathsOf({ type: 'product' })).toEqual([400, ['id', 'priceId']])
  expect(await pathsOf({ type: 'add_payment_method' })).toEqual([400, ['id', 'customerId']])
  expect(await pathsOf({ type: 'activate_subscription' })).toEqual([400, ['id', 'targetSubscriptionId']])
  expect(
    await pathsOf({
      ...product,
      targetSubscriptionId: 'sub_x',
      quantity: 1.5,
      cancelUrl: 'back',
      invoiceId: 'inv_x',
      outputMetadata: { long: 'x'.repeat(501) },
    }),
  ).toEqual([400, ['invoiceId', 'quantity', 'cancelUrl', 'outputMetadata.long', 'targetSubscriptionId']])
  for (const quantity of [0, -1, 2 ** 31])
    expect(await pathsOf({ ...product, quantity })).toEqual([400, ['quantity']])
})

it('rejects an unknown session, a session that is no longer open and unknown records', async () => {
  const { studio, session, url, priceIdOf } = await withCheckout()
  await using _ = studio
  const product = { id: session.id, type: 'product', priceId: priceIdOf('agency_price') }
  const failure = (reason: string) => [
    500,
    { error: expect.stringContaining(`Failed to update checkout_sessions with id ${session.id}: ${reason}`) },
  ]
  expect(await put(studio, { ...product, id: 'none' }, session.id)).toMatchObject([
    404,
    { error: 'Purchase session not found for id: none', code: 'NOT_FOUND' },
  ])
  for (const wrong of [{ priceId: 'none' }, { customerId: 'none' }, { discountId: 'none' }])
    expect(await put(studio, { ...product, ...wrong })).toMatchObject(
      failure('insert or update on table "checkout_sessions" violates foreign key'),
    )
  expect(await put(studio, { ...product, type: 'purchase' })).toMatchObject(failure('['))
  await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ name: 'Ada', email: 'ada@studio.example', card: '4242 4242 4242 4242' }),
    redirect: 'manual',
  })
  expect(await put(studio, product)).toMatchObject([
    400,
    {
      error: `Purchase session ${session.id} is in status succeeded. Purchase sessions can only be edited while in status open.`,
      code: 'BAD_REQUEST',
    },
  ])
})
