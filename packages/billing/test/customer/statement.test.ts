import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { day, failRenewal, month, startTimed } from '../flowglad/failRenewal.ts'
import { meters } from '../flowglad/meters.ts'
import { grant, pack, plan, pricingWith } from '../flowglad/pricing.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()
const unavailable = { data: { billing: { code: 'BILLING_UNAVAILABLE' } } }
const visa = { type: 'card', brand: 'visa', last4: '4242' }

/** Returns the pricing with two more plans above Pro and a pack of tokens. */
function pricingWithMax(maxPrice = 9_900) {
  const pricing = JSON.parse(
    pricingWith(
      plan('max', maxPrice, ['max_tokens', 'pro_api_calls', 'api_overage']),
      plan('ultra', 10_000, ['ultra_tokens', 'pro_api_calls', 'api_overage']),
      pack('token_pack', ['pack_tokens']),
    ),
  )
  pricing.features.push(
    grant('max_tokens', 2_000_000, 'tokens'),
    grant('ultra_tokens', 2_100_000, 'tokens'),
    grant('pack_tokens', 50_000, 'tokens', 'once'),
  )
  return JSON.stringify(pricing)
}

const start = (maxPrice?: number) => startTimed({ pricing: pricingWithMax(maxPrice) }, startApp)
type App = Awaited<ReturnType<typeof start>>

/** Buys Pro for a customer and refreshes the customer's balances. */
async function onPro(app: Pick<App, 'billing' | 'atFlowglad'>, user = ada) {
  await app.billing.balances(user)
  await app.atFlowglad.pay(user, 'pro_monthly')
  await app.billing.refresh(user)
}
/** Returns a function that uses API calls. */
const apiCallsOf =
  ({ billing }: Pick<App, 'billing'>) =>
  (amount: number) =>
    billing.meter({ customer: ada, meter: 'api_calls', amount }, () => 'done')
const statement = (app: Pick<App, 'client'>) => app.client.billing.statement.query()

test('previews the charge of a plan change during a period', async () => {
  await using app = await start()
  await onPro(app)
  app.pass(10 * day)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({
    timing: 'now',
    isEstimate: false,
    price: 9_900,
    method: visa,
    prorated: [{ meter: 'tokens', granted: expect.any(Number), regular: 2_000_000 }],
  })
  expect(preview.charge).toBeGreaterThan(5_000)
  expect(preview.charge).toBeLessThan(5_500)
  const { charged, plan: max } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(charged).toEqual({ amount: expect.any(Number), currency: 'USD', method: visa })
  // The seconds between the preview and the change can change the prorated charge by a cent.
  expect(Math.abs((charged?.amount ?? 0) - preview.charge)).toBeLessThanOrEqual(1)
  const { payments, next, overage, prorated } = await statement(app)
  expect(payments).toEqual([
    {
      id: expect.stringMatching(/^pym_/),
      at: expect.any(Number),
      amount: charged?.amount,
      currency: 'USD',
      status: 'paid',
      refunded: 0,
      refundedAt: null,
      method: visa,
      items: [
        {
          kind: 'planChange',
          to: 'Max',
          until: max?.renewsAt,
          parts: { plan: expect.any(Number), credit: expect.any(Number) },
          amount: charged?.amount,
        },
      ],
      invoiceNumber: expect.stringMatching(/-00001$/),
      pdfUrl: expect.stringMatching(/\.pdf$/),
    },
    expect.objectContaining({
      amount: 2_000,
      items: [
        {
          kind: 'plan',
          name: 'Pro',
          from: expect.any(Number),
          to: max?.renewsAt,
          prorated: false,
          amount: 2_000,
        },
      ],
    }),
  ])
  expect(next).toEqual({
    at: max?.renewsAt,
    currency: 'USD',
    plan: { name: 'Max', amount: 9_900 },
    earlierUsage: [],
    total: 9_900,
    wasDiscounted: false,
  })
  expect(overage).toEqual([])
  const tokens = (await app.client.billing.balances.query()).balances.find(({ meter }) => meter === 'tokens')
  expect(prorated).toEqual([{ meter: 'tokens', granted: tokens?.limit, regular: 2_000_000 }])
  expect(Math.abs((tokens?.limit ?? 0) - (preview.prorated[0]?.granted ?? 0))).toBeLessThan(100)
})

test('promises an exact charge only if the charge stays the same for the next minute', async () => {
  const previewAfter = async (ms: number) => {
    await using app = await start()
    await onPro(app)
    app.pass(ms)
    const { charge, isEstimate } = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
    app.pass(minute)
    const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
    return { isEstimate, change: (charged?.amount ?? 0) - charge }
  }
  const { periodStart, periodEnd } = await periodOfPro()
  // At this time, the new plan's prorated price drops by a cent.
  const drops = Math.round((periodEnd - periodStart) * (1 - 6_600.5 / 9_900))
  expect(await previewAfter(drops - 30_000)).toEqual({ isEstimate: true, change: -1 })
  expect(await previewAfter(drops + 5_000)).toEqual({ isEstimate: false, change: 0 })
})

const minute = 60_000

async function periodOfPro() {
  await using app = await start()
  await onPro(app)
  const [payment] = (await statement(app)).payments
  const item = payment?.items[0]
  if (item?.kind !== 'plan' || item.from === null || item.to === null) throw new Error('Pro has no period')
  return { periodStart: item.from, periodEnd: item.to }
}

const changes = async (app: Pick<App, 'client'>) =>
  (await statement(app)).payments.flatMap(({ items }) => items).filter(({ kind }) => kind === 'planChange')

test('still names the target of a plan change after a later downgrade and after the plan has ended', async () => {
  await using app = await start(5_000)
  await onPro(app)
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  await app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })
  app.pass(month)
  await app.billing.refresh(ada)
  expect((await app.client.billing.balances.query()).plan?.name).toBe('Pro')
  expect(await changes(app)).toMatchObject([{ to: 'Max' }])
  await app.client.billing.cancel.mutate()
  app.pass(month)
  await app.billing.refresh(ada)
  expect((await app.client.billing.balances.query()).plan?.isFree).toBe(true)
  expect(await changes(app)).toMatchObject([{ to: 'Max' }])
})

test('names the target of each of two plan changes in one period', async () => {
  await using app = await start(5_000)
  await onPro(app)
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'ultra_monthly' })
  expect(await changes(app)).toMatchObject([{ to: 'Ultra' }, { to: 'Max' }])
  await app.client.billing.cancel.mutate()
  app.pass(month)
  await app.billing.refresh(ada)
  expect(await changes(app)).toMatchObject([{ to: 'Ultra' }, { to: 'Max' }])
})

test('still names the target of a discounted plan change after the plan has ended', async () => {
  await using app = await start(5_000)
  await onProForHalf(app, 'forever')
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  await app.client.billing.cancel.mutate()
  app.pass(month)
  await app.billing.refresh(ada)
  expect(await changes(app)).toMatchObject([{ to: 'Max' }])
})

test('names no target for an earlier plan change if two plans have the same price', async () => {
  await using app = await start()
  await onPro(app)
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  await app.client.billing.cancel.mutate()
  app.pass(month)
  await app.billing.refresh(ada)
  expect(await changes(app)).toMatchObject([{ to: null }])
})

test.each([
  ['the share of the remaining time', 10, 1_300_000, 1_400_000],
  ["the earlier plan's grant if it is larger than the share", 29, 200_000, 200_000],
])('reports the prorated grant without packs: %s', async (_, days, least, most) => {
  await using app = await start()
  await onPro(app)
  await app.atFlowglad.pay(ada, 'token_pack')
  await app.billing.refresh(ada)
  app.pass(days * day)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  const { prorated } = await statement(app)
  expect(prorated).toEqual([{ meter: 'tokens', granted: expect.any(Number), regular: 2_000_000 }])
  const granted = prorated[0]?.granted ?? 0
  expect(granted).toBeGreaterThanOrEqual(least)
  expect(granted).toBeLessThanOrEqual(most)
  expect(Math.abs(granted - (preview.prorated[0]?.granted ?? 0))).toBeLessThan(100)
  const tokens = (await app.client.billing.balances.query()).balances.find(({ meter }) => meter === 'tokens')
  expect(tokens?.limit).toBe(granted + 50_000)
})

test("excludes pack units from the grant in the preview of a period's second plan change", async () => {
  await using app = await start()
  await onPro(app)
  await app.atFlowglad.pay(ada, 'token_pack')
  await app.billing.refresh(ada)
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  const { prorated } = await statement(app)
  app.pass(10 * day)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'ultra_monthly' })
  // The share for the remaining time is smaller than the units granted so far, so the grant stays the same.
  expect(preview.prorated).toEqual([{ ...prorated[0], regular: 2_100_000 }])
  expect(preview.prorated[0]?.granted).toBeLessThan(1_350_000)
})

test('reports the charge of a plan change even if a pack is bought at the same time', async () => {
  await using app = await start()
  await onPro(app)
  app.proxy.breakWith(({ path }) =>
    path.endsWith('/adjust')
      ? { state: 'answerHeld', until: () => app.atFlowglad.pay(ada, 'generation_pack') }
      : undefined,
  )
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  const { payments } = await statement(app)
  expect(payments.map(({ items: [item] }) => item?.kind)).toEqual(['pack', 'planChange', 'plan'])
  expect(charged).toEqual({ amount: payments[1]?.amount, currency: 'USD', method: visa })
})

test('charges nothing for a scheduled downgrade and names the plan that follows', async () => {
  await using app = await startTimed({}, startApp)
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'scale_monthly')
  const { plan: scale } = await app.billing.refresh(ada)
  expect(await app.client.billing.previewChange.query({ priceSlug: 'pro_monthly' })).toMatchObject({
    timing: 'periodEnd',
    effectiveAt: scale?.renewsAt,
    charge: 0,
    price: 2_000,
    nextChargeAt: scale?.renewsAt,
  })
  expect(await app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })).toMatchObject({
    charged: null,
  })
  expect(await statement(app)).toMatchObject({
    changesTo: { name: 'Pro', priceSlug: 'pro_monthly' },
    next: { plan: { name: 'Pro', amount: 2_000 }, total: 2_000 },
  })
  await app.client.billing.cancel.mutate()
  expect(await statement(app)).toMatchObject({ changesTo: null, next: null })
})

test('estimates the charge of a change that undoes a cancellation', async () => {
  await using app = await start()
  await onPro(app)
  app.pass(10 * day)
  await app.client.billing.cancel.mutate()
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({ timing: 'now', isEstimate: true, price: 9_900, method: visa })
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(Math.abs((charged?.amount ?? 0) - preview.charge)).toBeLessThanOrEqual(1)
})

test('estimates the charge from the paid price if the current plan is no longer for sale', async () => {
  await using app = await startTimed({ pricing: pricingWithMax(), options: { catalogMaxAgeMs: 0 } }, startApp)
  await onPro(app)
  app.pass(10 * day)
  const { products, ...pricing } = JSON.parse(pricingWithMax())
  const sold = products.filter(({ product }: { product: { slug: string } }) => product.slug !== 'pro')
  app.flowglad.updatePricing(JSON.stringify({ ...pricing, products: sold }))
  const slugs = async () => (await app.client.billing.plans.query()).map(({ priceSlug }) => priceSlug)
  await expect.poll(slugs).not.toContain('pro_monthly')
  const preview = () => app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  // The current plan isn't in the catalog, so its grants are unknown, and the preview shows no prorated grants.
  const quoted = await preview()
  expect(quoted).toMatchObject({ isEstimate: false, prorated: [] })
  await app.client.billing.cancel.mutate()
  const estimated = await preview()
  expect(estimated).toMatchObject({ isEstimate: true, prorated: [] })
  expect(Math.abs(estimated.charge - quoted.charge)).toBeLessThanOrEqual(1)
})

test("shows the price of a plan in the other plans' currency if the plan is no longer for sale", async () => {
  await using app = await startTimed({ options: { catalogMaxAgeMs: 0 } }, startApp)
  await onPro(app)
  const { pricingModel } = await app.atFlowglad.sdk.pricingModels.retrieveDefault()
  const products = pricingModel.products.filter(({ slug }) => slug !== 'pro')
  const body = JSON.parse(
    JSON.stringify({ pricingModel: { ...pricingModel, products } }).replaceAll('USD', 'EUR'),
  )
  app.proxy.breakWith(({ path }) =>
    path.startsWith('/api/v1/pricing-models') ? { state: 'json', status: 200, body } : undefined,
  )
  await expect
    .poll(async () => (await statement(app)).next)
    .toMatchObject({ plan: { name: 'Pro', amount: 2_000 }, currency: 'EUR' })
})

test('rounds extra usage up to the next 1,000 units on the next invoice', async () => {
  await using app = await start()
  await onPro(app)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  expect(await statement(app)).toMatchObject({
    next: { plan: { name: 'Pro', amount: 2_000 }, total: 2_200 },
    overage: [{ meter: 'api_calls', units: 1_001, amount: 200, unitPrice: 100, perUnits: 1_000 }],
  })
  await app.billing.drain()
  app.pass(month)
  await app.billing.refresh(ada)
  const { payments, next, overage } = await statement(app)
  expect(payments[0]).toMatchObject({
    amount: 2_200,
    items: [
      { kind: 'plan', name: 'Pro', amount: 2_000 },
      { kind: 'overage', meter: 'api_calls', units: 1_001, amount: 200 },
    ],
  })
  expect({ next, overage }).toMatchObject({ next: { total: 2_000 }, overage: [] })
})

test('shows the extra usage that Flowglad bills, even if an operator has added units', async () => {
  await using app = await start()
  await onPro(app)
  await app.billing.operator.act({
    customer: ada.id,
    id: randomUUID(),
    by: 'olga',
    reason: 'An outage',
    act: { type: 'adjust', meter: 'api_calls', amount: 500 },
  })
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  expect(await statement(app)).toMatchObject({ next: { total: 2_200 }, overage: [{ units: 1_001 }] })
  app.pass(month)
  await app.billing.refresh(ada)
  expect((await statement(app)).payments[0]).toMatchObject({ amount: 2_200 })
})

test('bills the extra usage of a canceled plan only if the customer keeps the plan', async () => {
  await using app = await start()
  await onPro(app)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  await app.client.billing.cancel.mutate()
  expect(await statement(app)).toMatchObject({ next: null, overage: [{ units: 1_001, amount: 200 }] })
  await app.client.billing.resume.mutate()
  expect((await statement(app)).next).toMatchObject({ total: 2_200 })
  await app.client.billing.cancel.mutate()
  app.pass(month)
  await app.billing.refresh(ada)
  const { payments, overage } = await statement(app)
  expect({ paid: payments.map(({ amount }) => amount), overage }).toEqual({ paid: [2_000], overage: [] })
})

test("puts a free plan's extra usage on the next invoice only if the customer has a card", async () => {
  await using app = await start()
  const { sdk } = app.atFlowglad
  await app.billing.balances(ada)
  const { currentSubscription } = await sdk.customers.retrieveBilling(ada.id)
  const subscriptionId = currentSubscription?.id ?? ''
  await sdk.usageEvents.create({
    usageEvent: {
      subscriptionId,
      priceSlug: 'api_calls_standard',
      amount: 1_100,
      transactionId: 'elsewhere',
    },
  })
  await app.billing.refresh(ada)
  expect(await statement(app)).toMatchObject({ next: null, method: null })
  const { checkoutSession } = await sdk.checkoutSessions.create({
    checkoutSession: {
      type: 'add_payment_method',
      customerExternalId: ada.id,
      targetSubscriptionId: subscriptionId,
      successUrl: 'http://localhost/',
      cancelUrl: 'http://localhost/',
    },
  })
  await sdk.post(`/__test__/checkout-sessions/${checkoutSession.id}/complete`, { body: {} })
  await app.billing.refresh(ada)
  expect(await statement(app)).toMatchObject({ next: { total: 100 }, overage: [{ units: 1_000 }] })
  app.pass(month)
  await app.billing.refresh(ada)
  expect((await statement(app)).payments[0]).toMatchObject({ amount: 100 })
})

test("includes the current plan's extra usage in an upgrade's price and charges exactly that price", async () => {
  await using app = await start()
  await onPro(app)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  app.pass(10 * day)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  const extra = { meter: 'api_calls', plan: 'Pro', units: 1_001, amount: 200 }
  expect(preview).toMatchObject({
    isMaximum: false,
    overage: [{ ...extra, unitPrice: 100, perUnits: 1_000 }],
  })
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(charged?.amount).toBe(preview.charge)
  const { payments, next, overage } = await statement(app)
  expect(payments[0]).toMatchObject({
    amount: preview.charge,
    items: [
      {
        kind: 'planChange',
        to: 'Max',
        parts: { plan: preview.charge - 200 + preview.credit, credit: preview.credit },
        amount: preview.charge - 200,
      },
      { kind: 'overage', ...extra },
    ],
  })
  expect({ total: next?.total, overage }).toEqual({ total: 9_900, overage: [] })
  app.pass(month)
  await app.billing.refresh(ada)
  expect((await statement(app)).payments[0]).toMatchObject({ amount: 9_900 })
})

test('excludes charged extra usage from the prorated grant', async () => {
  const setup = JSON.parse(pricingWith(plan('big', 9_900, ['pro_tokens', 'big_api_calls', 'api_overage'])))
  setup.features.push(grant('big_api_calls', 50_000, 'api_calls'))
  await using app = await startTimed({ pricing: JSON.stringify(setup) }, startApp)
  await onPro(app)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  app.pass(10 * day)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'big_monthly' })
  const [granted] = preview.prorated
  await app.client.billing.changePlan.mutate({ priceSlug: 'big_monthly' })
  const { prorated } = await statement(app)
  expect(Math.abs((prorated[0]?.granted ?? 0) - (granted?.granted ?? 0))).toBeLessThan(10)
  expect(prorated).toMatchObject([{ meter: 'api_calls', regular: 50_000 }])
})

test("previews an upgrade's maximum charge while Flowglad has not received all extra usage", async () => {
  await using app = await startTimed({ pricing: pricingWithMax(), started: false }, startApp)
  await onPro(app)
  const use = apiCallsOf(app)
  await use(10_500)
  await app.billing.drain()
  await app.billing.refresh(ada)
  await use(1_000)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({ isMaximum: true, overage: [{ units: 1_500, amount: 200 }] })
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(charged?.amount).toBe(preview.charge - 100)
  await app.billing.drain()
  await app.billing.refresh(ada)
  expect(await statement(app)).toMatchObject({ next: { total: 10_000 }, overage: [{ units: 1_000 }] })
})

test("previews a discounted change's maximum charge, in which extra usage is not discounted", async () => {
  await using app = await start()
  await onProForHalf(app, 'forever')
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  await statement(app)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({ isMaximum: true, overage: [{ units: 1_001, amount: 200 }] })
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(charged?.amount).toBe(preview.charge - 100)
  expect((await statement(app)).payments[0]?.items).toMatchObject([
    { kind: 'planChange', parts: null },
    { kind: 'overage', units: 1_001, amount: 200 },
    { kind: 'discount' },
  ])
})

test('previews the extra usage of a change whose prorated price is fully discounted', async () => {
  await using app = await start()
  // The discount covers both plans' prices, and 50 cents of the extra usage.
  await onDiscountedPro(app, { amount: 11_950, amountType: 'fixed', duration: 'forever' })
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({ charge: 200, isMaximum: true, overage: [{ units: 1_001, amount: 200 }] })
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(charged?.amount).toBe(150)
})

test('leaves the extra usage on the next invoice if a plan change is declined', async () => {
  await using app = await start()
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'pro_monthly', { card: '4000000000000341' })
  await app.billing.refresh(ada)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  const { charge } = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  const change = app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  await expect(change).rejects.toThrow('Your card was declined.')
  await app.billing.refresh(ada)
  const { payments, next, overage } = await statement(app)
  expect(payments[0]).toMatchObject({
    status: 'failed',
    amount: charge,
    items: [{ kind: 'planChange' }, { kind: 'overage', units: 1_001, amount: 200 }],
  })
  expect({ total: next?.total, overage }).toMatchObject({ total: 2_200, overage: [{ units: 1_001 }] })
})

test('still shows the extra usage of a declined plan change as unbilled while a renewal is unpaid', async () => {
  await using app = await start()
  const use = async (amount: number) => {
    await app.billing.meter({ customer: ada, meter: 'api_calls', amount }, () => 'done')
    await app.billing.drain()
  }
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'pro_monthly', { card: '4000000000000341' })
  await app.billing.refresh(ada)
  await use(11_001)
  app.pass(month)
  await app.billing.refresh(ada)
  await use(10_500)
  await expect(app.atFlowglad.adjust(ada, 'max_monthly')).rejects.toThrow('Billing run failed')
  await app.billing.refresh(ada)
  expect(await statement(app)).toMatchObject({
    overdue: { amount: 2_200 },
    overage: [{ units: 500, amount: 100 }],
  })
})

/** Starts an app with the plan Vast, on which API calls are unlimited. */
function startWithVast(price: number) {
  const setup = JSON.parse(
    pricingWith(
      plan('vast', price, ['pro_tokens', 'unlimited_api_calls']),
      plan('max', 9_900, ['pro_tokens', 'pro_api_calls', 'api_overage']),
    ),
  )
  setup.features.push({ type: 'toggle', slug: 'unlimited_api_calls', name: 'Unlimited API calls' })
  // With names, an invoice identifies its plan even if two plans have the same price.
  for (const { product, price } of setup.products) price.name = product.name
  const { api_calls } = meters
  const policies = { api_calls: { ...api_calls, unlimitedBy: 'unlimited_api_calls' } }
  return startTimed({ pricing: JSON.stringify(setup), policies }, startApp)
}

test("doesn't announce extra usage that a change to an unlimited plan has charged", async () => {
  await using app = await startWithVast(9_800)
  await onPro(app)
  const use = apiCallsOf(app)
  await use(12_500)
  await app.billing.drain()
  await app.client.billing.changePlan.mutate({ priceSlug: 'vast_monthly' })
  // The usage on the day of the change is free too.
  await use(3_000)
  expect((await statement(app)).next).toMatchObject({ total: 9_800, earlierUsage: [] })
  await app.billing.drain()
  app.pass(2 * day)
  await use(5_000)
  await app.billing.drain()
  await app.billing.refresh(ada)
  expect((await statement(app)).next).toMatchObject({ total: 9_800, earlierUsage: [] })
  app.pass(month)
  await app.billing.refresh(ada)
  expect((await statement(app)).payments[0]).toMatchObject({ amount: 9_800 })
})

test('names the earlier plan and the usage that Flowglad still bills after a free change to an unlimited plan', async () => {
  // Vast costs as much as Pro, so the change charges nothing.
  await using app = await startWithVast(2_000)
  await onPro(app)
  const use = apiCallsOf(app)
  await use(12_500)
  await app.billing.drain()
  expect(await app.client.billing.previewChange.query({ priceSlug: 'vast_monthly' })).toMatchObject({
    charge: 0,
    overage: [],
  })
  await app.client.billing.changePlan.mutate({ priceSlug: 'vast_monthly' })
  await use(3_000)
  app.pass(2 * day)
  await use(5_000)
  await app.billing.drain()
  const { next } = await statement(app)
  expect(next).toMatchObject({ total: 2_000 })
  const extra = { meter: 'api_calls', plan: 'Pro', units: 2_500, amount: 300 }
  expect(next?.earlierUsage).toEqual([{ ...extra, unitPrice: 100, perUnits: 1_000 }])
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({
    isMaximum: true,
    overage: [{ meter: 'api_calls', units: 2_500, amount: 300 }],
  })
  app.pass(month)
  await app.billing.refresh(ada)
  const { payments } = await statement(app)
  expect(payments[0]).toMatchObject({
    amount: 2_300,
    items: [
      { kind: 'plan', name: 'Vast' },
      { kind: 'overage', ...extra },
    ],
  })
})

test("doesn't attribute usage to the earlier plan after a change to an unlimited plan, however many charges follow", async () => {
  await using app = await startWithVast(2_000)
  await onPro(app)
  const use = apiCallsOf(app)
  await use(12_500)
  await app.client.billing.changePlan.mutate({ priceSlug: 'vast_monthly' })
  app.pass(2 * day)
  await use(5_000)
  app.pass(2 * day)
  // The statement reads the prices of 1,000 charges.
  await Promise.all(Array.from({ length: 1_000 }, () => use(1)))
  await app.billing.drain()
  expect((await statement(app)).next?.earlierUsage).toMatchObject([{ units: 2_500 }])
})

test('names no plan for usage after a change to another plan that limits the meter', async () => {
  await using app = await start()
  await onPro(app)
  const use = apiCallsOf(app)
  await use(10_000)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  await use(1_001)
  await app.billing.drain()
  app.pass(month)
  await app.billing.refresh(ada)
  const { payments } = await statement(app)
  expect(payments[0]?.items[1]).toMatchObject({ kind: 'overage', plan: null, units: 1_001 })
})

test("lists a plan change's parts, which add up to the payment and include the credit for paid extra usage", async () => {
  await using app = await start(5_000)
  await onPro(app)
  await app.billing.meter({ customer: ada, meter: 'api_calls', amount: 11_001 }, () => 'done')
  await app.billing.drain()
  app.pass(month)
  await app.billing.refresh(ada)
  const { credit } = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  const change = async () => {
    const { payments } = await statement(app)
    const [{ amount, items } = { amount: 0, items: [] }] = payments.filter(({ items }) =>
      items.some(({ kind }) => kind === 'planChange'),
    )
    const item = items[0]
    if (item?.kind !== 'planChange' || item.parts === null) throw new Error('The payment has no parts')
    return { amount, ...item.parts }
  }
  const parts = await change()
  expect(parts.plan - parts.credit).toBe(parts.amount)
  expect(parts.credit).toBeGreaterThan(2_100)
  expect(Math.abs(parts.credit - credit)).toBeLessThanOrEqual(1)
  // After the plan has ended, Flowglad no longer reports its price and start.
  await app.client.billing.cancel.mutate()
  app.pass(month)
  await app.billing.refresh(ada)
  expect(await change()).toEqual(parts)
})

test('lists no parts of a discounted plan change', async () => {
  await using app = await start()
  await onProForHalf(app, 'forever')
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect((await statement(app)).payments[0]?.items).toMatchObject([{ kind: 'planChange', parts: null }])
})

test('shows the overdue amount and the next attempt to charge the card', async () => {
  await using app = await start()
  await failRenewal(app, 'pro_monthly', async () => {
    // Cache a response without the failed payment.
    await statement(app)
  })
  const { overdue, payments } = await statement(app)
  expect(payments[0]).toMatchObject({ amount: 2_000, status: 'failed', pdfUrl: null })
  expect(overdue).toEqual({
    amount: 2_000,
    currency: 'USD',
    since: expect.any(Number),
    retriesAt: (payments[0]?.at ?? 0) + 3 * day,
  })
})

test('shows as overdue only the amount that the payment page charges, even if several renewals are unpaid', async () => {
  await using app = await start()
  await failRenewal(app, 'pro_monthly')
  const since = (await statement(app)).overdue?.since
  app.pass(month)
  await app.billing.refresh(ada)
  const { overdue, payments } = await statement(app)
  expect(overdue).toEqual({
    amount: 2_000,
    currency: 'USD',
    since,
    retriesAt: (payments[0]?.at ?? 0) + 3 * day,
  })
  await app.atFlowglad.payOverdue(ada)
  await app.billing.refresh(ada)
  const paid = await statement(app)
  expect(paid.overdue).toBeNull()
  expect(paid.payments[0]).toMatchObject({ amount: 2_000, status: 'paid' })
})

test('lists a declined plan change as a failed payment, but excludes it from the overdue amount', async () => {
  await using app = await start(5_000)
  await failRenewal(app, 'pro_monthly')
  await expect(app.atFlowglad.adjust(ada, 'max_monthly')).rejects.toThrow('Billing run failed')
  await app.billing.refresh(ada)
  const { overdue, payments } = await statement(app)
  expect(payments.map(({ status, items }) => [status, items[0]])).toMatchObject([
    ['failed', { kind: 'planChange', to: 'Max' }],
    ['failed', { kind: 'plan', name: 'Pro' }],
    ['paid', { kind: 'plan', name: 'Pro' }],
  ])
  expect(overdue).toMatchObject({ amount: 2_000 })
})

test('rejects an upgrade until the customer has paid the overdue renewal', async () => {
  await using app = await start()
  await failRenewal(app, 'pro_monthly')
  const { changePlan, previewChange } = app.client.billing
  const rejection = { message: expect.stringContaining('Pay for Pro first'), data: { code: 'BAD_REQUEST' } }
  await expect(previewChange.query({ priceSlug: 'max_monthly' })).rejects.toMatchObject(rejection)
  await expect(changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toMatchObject(rejection)
  expect(app.proxy.count(/adjust$/)).toBe(0)
  expect((await changePlan.mutate({ priceSlug: 'free' })).plan?.cancelsAt).toEqual(expect.any(Number))
  await app.client.billing.resume.mutate()
  await app.atFlowglad.payOverdue(ada)
  expect((await changePlan.mutate({ priceSlug: 'max_monthly' })).plan?.name).toBe('Max')
})

test('shows no retry time for an overdue payment after a cancellation, even if the customer undoes the cancellation', async () => {
  await using app = await start()
  await failRenewal(app)
  await app.client.billing.cancel.mutate()
  expect(await statement(app)).toMatchObject({ overdue: { amount: 2_000, retriesAt: null } })
  await app.client.billing.resume.mutate()
  expect(await statement(app)).toMatchObject({ overdue: { amount: 2_000, retriesAt: null } })
  const { length } = (await statement(app)).payments
  app.pass(4 * day)
  await app.billing.refresh(ada)
  expect((await statement(app)).payments).toHaveLength(length)
})

test('shows the payment of an overdue invoice immediately', async () => {
  await using app = await start()
  await failRenewal(app)
  // Cache a response in which the payment has failed.
  expect((await statement(app)).payments[0]).toMatchObject({ status: 'failed' })
  await app.atFlowglad.payOverdue(ada)
  await app.billing.refresh(ada)
  const { overdue, payments } = await statement(app)
  expect(payments[0]).toMatchObject({ amount: 2_000, status: 'paid', method: visa })
  expect(overdue).toBeNull()
})

test('shows the refund of a pack', async () => {
  await using app = await start()
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'generation_pack')
  await app.billing.refresh(ada)
  const [paid] = (await app.atFlowglad.sdk.payments.list()).data
  await app.atFlowglad.sdk.payments.refund(paid?.id ?? '', {})
  expect((await statement(app)).payments).toMatchObject([
    {
      amount: 500,
      status: 'paid',
      refunded: 500,
      refundedAt: expect.any(Number),
      items: [{ kind: 'pack', name: 'Generation pack', amount: 500 }],
    },
  ])
})

/** Puts a customer on Pro with a discount of 50%. */
const onProForHalf = (app: App, duration: 'once' | 'forever') =>
  onDiscountedPro(app, { amount: 50, amountType: 'percent', duration })

async function onDiscountedPro(
  { atFlowglad, billing }: App,
  discount: { amount: number; amountType: 'percent' | 'fixed'; duration: 'once' | 'forever' },
) {
  const { sdk } = atFlowglad
  await billing.balances(ada)
  await sdk.discounts.create({ discount: { name: 'Less', code: 'LESS', active: true, ...discount } })
  const { checkoutSession, url } = await sdk.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: ada.id,
      priceSlug: 'pro_monthly',
      successUrl: 'http://localhost/',
      cancelUrl: 'http://localhost/',
    },
  })
  await fetch(`${url}/discount`, { method: 'POST', body: new URLSearchParams({ code: 'LESS' }) })
  await sdk.post(`/__test__/checkout-sessions/${checkoutSession.id}/complete`, { body: {} })
  await billing.refresh(ada)
}

test('previews the amount that Flowglad then charges for a discounted plan change', async () => {
  await using app = await start()
  await onProForHalf(app, 'forever')
  app.pass(10 * day)
  const preview = await app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  expect(preview).toMatchObject({ timing: 'now', isEstimate: false, credit: 0 })
  const { charged } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  // The charge can differ by a cent, because a few seconds pass between the preview and the change.
  expect(Math.abs((charged?.amount ?? 0) - preview.charge)).toBeLessThanOrEqual(1)
})

test('shows a discount as a negative item of the payment', async () => {
  await using app = await start()
  await onProForHalf(app, 'once')
  expect((await statement(app)).payments).toMatchObject([
    {
      amount: 1_000,
      items: [
        { kind: 'plan', name: 'Pro', amount: 2_000 },
        { kind: 'discount', amount: -1_000 },
      ],
    },
  ])
})

test("never shows another customer's payment, even if Flowglad ignores the filter", async () => {
  await using app = await start()
  await onPro(app, aUser('bob'))
  await onPro(app)
  const all = await app.atFlowglad.sdk.payments.list({ limit: '100' })
  expect(all.data).toHaveLength(2)
  app.proxy.breakWith(({ path }) =>
    path.startsWith('/api/v1/payments') ? { state: 'json', status: 200, body: all } : undefined,
  )
  const [own] = (await statement(app)).payments
  expect((await statement(app)).payments).toHaveLength(1)
  const { customer } = await app.atFlowglad.sdk.customers.retrieve(ada.id)
  expect(all.data.find(({ customerId }) => customerId === customer.id)?.id).toBe(own?.id)
})

test('caches the payments until the customer pays again', async () => {
  await using app = await start()
  await onPro(app)
  await Promise.all(Array.from({ length: 8 }, () => statement(app)))
  expect(app.proxy.count(/\/payments\?/)).toBe(1)
  await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect((await statement(app)).payments).toHaveLength(2)
})

test('reads the payments only twice while the newest invoice has no payment', async () => {
  await using app = await start()
  await onPro(app)
  const none = { data: [], hasMore: false, total: 0 }
  app.proxy.breakWith(({ path }) =>
    path.startsWith('/api/v1/payments') ? { state: 'json', status: 200, body: none } : undefined,
  )
  for (let read = 0; read < 5; read++) await statement(app)
  expect(app.proxy.count(/\/payments\?/)).toBe(2)
})

test("denies a statement that would show an earlier plan's amounts", async () => {
  const ledger = sqliteLedger(':memory:')
  await using app = await startApp({ ledger, options: { fetchBurst: 1, fetchEveryMs: 600_000 } })
  await using other = await startStack({ ledger, beside: app })
  await app.billing.balances(ada)
  await statement(app)
  await app.atFlowglad.pay(ada, 'pro_monthly')
  await other.billing.refresh(ada)
  // This node can't fetch the new plan, because the customer has no fetch tokens left.
  await expect(statement(app)).rejects.toMatchObject(unavailable)
})

test("limits each customer's requests for previews", async () => {
  await using app = await startApp({ options: { fetchBurst: 10, fetchEveryMs: 600_000 } })
  await onPro(app)
  const preview = () => app.client.billing.previewChange.query({ priceSlug: 'scale_monthly' })
  for (let asked = 0; asked < 10; asked++) await preview()
  await expect(preview()).rejects.toMatchObject(unavailable)
  expect(app.proxy.count(/preview-adjust/)).toBe(10)
})

test("denies previews and statements if Flowglad's response has an unknown format", async () => {
  await using app = await start()
  await onPro(app)
  const report = await app.atFlowglad.sdk.customers.retrieveBilling(ada.id)
  const body = { ...report, paymentMethods: [{ id: 1 }] }
  app.proxy.breakWith(({ path }) =>
    path.endsWith('/preview-adjust')
      ? { state: 'json', status: 200, body: { canAdjust: 'perhaps' } }
      : path.endsWith('/billing')
        ? { state: 'json', status: 200, body }
        : undefined,
  )
  const preview = app.client.billing.previewChange.query({ priceSlug: 'max_monthly' })
  await expect(preview).rejects.toMatchObject(unavailable)
  await app.billing.refresh(ada)
  await expect(statement(app)).rejects.toMatchObject(unavailable)
})

test('returns an empty statement to a customer without payments', async () => {
  await using app = await start()
  expect(await statement(app)).toEqual({
    payments: [],
    hasOlder: false,
    overdue: null,
    next: null,
    overage: [],
    changesTo: null,
    prorated: [],
    unlimitedPacks: [],
    method: null,
  })
})

test('returns 401 for a statement without a session', async () => {
  await using app = await start()
  expect((await fetch(`${app.url}/billing.statement`)).status).toBe(401)
})

test('denies a statement if Flowglad has never responded', async () => {
  await using app = await start()
  app.proxy.breakWith(() => ({ state: 'refused' }))
  await expect(statement(app)).rejects.toMatchObject(unavailable)
})

const billingRunFailed = {
  state: 'json',
  status: 500,
  body: { error: 'Billing run failed with status: FAILED', code: 'INTERNAL_SERVER_ERROR' },
} as const

test('shows the last known payments while Flowglad is unavailable', async () => {
  let now = 0
  await using app = await startApp({ clock: { ...systemClock, now: () => systemClock.now() + now } })
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'pro_monthly')
  await app.billing.refresh(ada)
  const { payments } = await app.client.billing.statement.query()
  expect(payments).toHaveLength(1)
  app.proxy.breakWith(() => ({ state: 'refused' }))
  now = 30_000
  expect(await app.client.billing.statement.query()).toMatchObject({ payments })
  expect(app.proxy.count(/\/payments\?/)).toBe(2)
})

test('reports a declined card and lists the failed payment', async () => {
  await using app = await start(5_000)
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'pro_monthly', { card: '4000000000000341' })
  await app.billing.refresh(ada)
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toMatchObject({
    message: 'Your card was declined. Use another card, then try again.',
    data: { code: 'BAD_REQUEST' },
  })
  const { payments } = await statement(app)
  expect(payments).toMatchObject([
    { status: 'failed', items: [{ kind: 'planChange', to: 'Max' }] },
    { status: 'paid' },
  ])
})

test('says that the card may have been charged if a change fails and the payments cannot be read', async () => {
  await using app = await start()
  await onPro(app)
  app.proxy.breakWith(({ path }) => {
    if (path.endsWith('/adjust')) return billingRunFailed
    const isAfterChange = app.proxy.count(/\/adjust$/) > 0
    return isAfterChange && path.startsWith('/api/v1/payments') ? { state: 'refused' } : undefined
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toMatchObject({
    message: expect.stringContaining('may have been charged'),
    data: { code: 'CONFLICT' },
  })
})

test('says that the card may have been charged if a change fails after the payment', async () => {
  await using app = await start()
  await onPro(app)
  const body = await app.atFlowglad.sdk.customers.retrieveBilling(ada.id)
  app.proxy.breakWith(({ path }) => {
    if (path.endsWith('/adjust')) return { ...billingRunFailed, state: 'handledButFails' }
    // Flowglad continues to report the old plan, so the change seems to have failed after the payment.
    return path.endsWith('/billing') ? { state: 'json', status: 200, body } : undefined
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toMatchObject({
    message: expect.stringContaining('may have been charged'),
    data: { code: 'CONFLICT' },
  })
})

test('says that the card may have been charged if a change fails and its payment is pending', async () => {
  await using app = await start()
  await onPro(app)
  const { data } = await app.atFlowglad.sdk.payments.list()
  const pending = data.map((payment) => ({ ...payment, id: 'pym_pending', status: 'processing' }))
  app.proxy.breakWith(({ path }) => {
    if (path.endsWith('/adjust')) return billingRunFailed
    return app.proxy.count(/\/adjust$/) > 0 && path.startsWith('/api/v1/payments')
      ? { state: 'json', status: 200, body: { data: [...pending, ...data], hasMore: false } }
      : undefined
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toMatchObject({
    message: expect.stringContaining('may have been charged'),
    data: { code: 'CONFLICT' },
  })
  const { payments } = await statement(app)
  expect(payments.map(({ status }) => status)).toEqual(['pending', 'paid'])
})

const unlimitedPacks = async (app: Pick<App, 'client' | 'billing'>) => {
  await app.billing.refresh(ada)
  return (await statement(app)).unlimitedPacks
}
const generations = (count: number) => ({ prompt: randomUUID(), count })

test('counts the units left from a pack while the plan is unlimited, and returns them after a downgrade', async () => {
  await using app = await start()
  await onPro(app)
  await app.atFlowglad.pay(ada, 'generation_pack')
  expect(await unlimitedPacks(app)).toEqual([])
  await app.client.generate.mutate(generations(20))
  app.pass(10 * day)
  await app.client.billing.changePlan.mutate({ priceSlug: 'scale_monthly' })
  // Until the period ends, the rest of Pro's 500 generations is used first.
  await app.client.generate.mutate(generations(100))
  expect(await unlimitedPacks(app)).toEqual([{ meter: 'generations', units: 50 }])
  app.pass(month)
  expect(await unlimitedPacks(app)).toEqual([{ meter: 'generations', units: 50 }])
  await app.client.generate.mutate(generations(8))
  expect(await unlimitedPacks(app)).toEqual([{ meter: 'generations', units: 42 }])
  await app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })
  app.pass(month)
  expect(await unlimitedPacks(app)).toEqual([])
  expect((await app.client.billing.balances.query()).balances).toContainEqual(
    expect.objectContaining({ meter: 'generations', available: 542 }),
  )
})

test('counts no units of a pack that ended with the Free plan', async () => {
  await using app = await start()
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'generation_pack')
  await app.atFlowglad.pay(ada, 'scale_monthly')
  expect(await unlimitedPacks(app)).toEqual([])
})
