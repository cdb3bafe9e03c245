import { describe, expect, it } from 'vitest'
import { cards, dayMs, pay, startStudio } from './studio.ts'

const summer = {
  name: 'Summer',
  code: 'summer',
  amount: 10,
  amountType: 'percent',
  duration: 'once',
} as const

/** Enters a code on the hosted checkout, as a browser without JavaScript would. */
const enter = (url: string, code: string) =>
  fetch(`${url}/discount`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ code }) })

it('stores a discount code in upper case, even after an update', async () => {
  await using studio = await startStudio()
  const { discounts } = studio.node
  const { discount } = await discounts.create({ discount: summer })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  expect(discount).toEqual({
    id: expect.stringMatching(/^discount_/),
    createdAt: expect.any(Number),
    updatedAt: expect.any(Number),
    livemode: false,
    organizationId: expect.stringMatching(/^org_/),
    pricingModelId: pricingModel.id,
    name: 'Summer',
    code: 'SUMMER',
    amount: 10,
    amountType: 'percent',
    duration: 'once',
    numberOfPayments: null,
    active: true,
  })
  const changed = await discounts.update(discount.id, {
    discount: {
      id: discount.id,
      duration: 'number_of_payments',
      numberOfPayments: 3,
      code: 'sun',
      amount: 300,
      amountType: 'fixed',
    },
  })
  expect(changed.discount).toMatchObject({ name: 'Summer', code: 'SUN', amount: 300, numberOfPayments: 3 })
  expect(await discounts.retrieve(discount.id)).toMatchObject({
    discount: { code: 'SUN', redemptionCount: 0 },
  })
  expect(await discounts.list()).toMatchObject({ total: 1, data: [{ code: 'SUN', redemptionCount: 0 }] })
})

type Studio = Awaited<ReturnType<typeof startStudio>>
type Discount = Parameters<Studio['node']['discounts']['create']>[0]['discount']

/** Buys the Team plan with the discount. Returns the plan in the middle of its first period. */
async function discountedPlan(studio: Studio, discount: Discount) {
  await studio.customer('ada')
  await studio.node.discounts.create({ discount })
  const { url } = await studio.checkout('ada', 'team_price')
  await enter(url, 'summer')
  await pay(url)
  studio.advance(15 * dayMs)
  return studio.plan('ada')
}

/** Sends a discount without the SDK, whose types forbid invalid discounts. */
async function send(studio: { url: string; key: string }, discount: object, id?: string) {
  const answer = await fetch(`${studio.url}/api/v1/discounts${id ? `/${id}` : ''}`, {
    method: id ? 'PUT' : 'POST',
    headers: { authorization: studio.key, 'content-type': 'application/json' },
    body: JSON.stringify({ discount }),
  })
  return [answer.status, await answer.json()]
}

it("ignores a discount's pricing model and accepts its numbers as strings", async () => {
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const given = { ...summer, pricingModelId: 'pricing_model_x', amount: '5', numberOfPayments: null }
  expect(await send(studio, given)).toMatchObject([
    200,
    { discount: { pricingModelId: pricingModel.id, amount: 5, numberOfPayments: null } },
  ])
})

it('reports the invalid fields of a discount', async () => {
  await using studio = await startStudio()
  const pathsOf = async (discount: object, id?: string) => {
    const [status, { error }] = await send(studio, discount, id)
    return [status, error.map(({ path }: { path: string[] }) => path.slice(1).join('.'))]
  }
  const { duration: _, ...endless } = summer
  expect(await pathsOf(endless)).toEqual([400, ['duration']])
  expect(await pathsOf({ duration: 'number_of_payments' })).toEqual([
    400,
    ['name', 'code', 'amount', 'amountType', 'numberOfPayments'],
  ])
  expect(
    await pathsOf({ ...summer, code: 'ab', amount: 0, amountType: 'half', numberOfPayments: 2 }),
  ).toEqual([400, ['code', 'amount', 'amountType', 'numberOfPayments']])
  expect(await pathsOf({ duration: 'once' }, 'any')).toEqual([400, ['id', 'code', 'amount', 'amountType']])
})

it("rejects a discount that the platform's database rejects", async () => {
  await using studio = await startStudio()
  const [, { discount }] = await send(studio, {
    ...summer,
    duration: 'number_of_payments',
    numberOfPayments: 2,
  })
  await send(studio, { ...summer, code: 'winter' })
  const insert = 'Failed to insert item into discounts: Failed to insert items into discounts: '
  const update = `Failed to update discounts with id ${discount.id}: `
  const changed = { ...discount, duration: 'once', numberOfPayments: undefined }
  for (const [answer, error] of [
    [await send(studio, { ...summer, code: 'Summer' }), `${insert}duplicate key`],
    [
      await send(studio, { ...summer, code: 'big', amount: 3e9 }),
      `${insert}value "3000000000" is out of range`,
    ],
    [await send(studio, { ...discount, code: 'winter' }, discount.id), `${update}duplicate key`],
    [await send(studio, changed, discount.id), `${update}Error parsing result`],
    [await send(studio, discount, 'none'), 'No discounts found with id: none'],
  ] as const)
    expect(answer).toMatchObject([500, { error: expect.stringContaining(error) }])
  expect(await send(studio, { ...changed, numberOfPayments: null }, discount.id)).toMatchObject([
    200,
    { discount: { duration: 'once', numberOfPayments: null } },
  ])
  await expect(studio.node.discounts.retrieve('none')).rejects.toMatchObject({
    error: { error: 'No discounts found with id: none' },
  })
})

describe('a discount code at the checkout', () => {
  it.each([
    ['once', { ...summer }, [4410, 4900, 4900]],
    [
      'for two payments',
      { ...summer, duration: 'number_of_payments' as const, numberOfPayments: 2 },
      [4410, 4410, 4900],
    ],
    ['for every payment', { ...summer, duration: 'forever' as const }, [4410, 4410, 4410]],
    ['by a fixed amount', { ...summer, amount: 900, amountType: 'fixed' as const }, [4000, 4900, 4900]],
    ['by 100%', { ...summer, amount: 100 }, [0, 4900, 4900]],
  ])("reduces a plan's price %s", async (_, discount, subtotals) => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { id } = (await studio.node.discounts.create({ discount })).discount
    const { session, url } = await studio.checkout('ada', 'team_price')
    expect((await enter(url, 'Summer')).status).toBe(303)
    const due = `$${((subtotals[0] ?? 0) / 100).toFixed(2)}`
    expect(await (await fetch(url)).text()).toContain(`<span>Due today</span><span>${due}</span>`)
    expect((await studio.node.checkoutSessions.retrieve(session.id)).checkoutSession.discountId).toBe(id)
    // A change to the discount after the payment doesn't affect the subscription.
    expect((await pay(url)).status).toBe(303)
    await studio.node.discounts.update(id, {
      discount: { ...discount, id, amount: 50, active: false } as never,
    })
    await studio.renew('ada')
    await studio.renew('ada')
    const { invoices } = await studio.billing('ada')
    expect(invoices.map(({ invoice }) => [invoice.status, invoice.subtotal])).toEqual(
      subtotals.map((subtotal) => ['paid', subtotal]),
    )
    expect(invoices[0]?.invoiceLineItems).toMatchObject([{ price: 4900, quantity: 1 }])
    const { data } = await studio.node.payments.list()
    expect(data.map(({ amount, subtotal }) => [amount, subtotal])).toEqual(
      subtotals.filter((subtotal) => subtotal > 0).map((subtotal) => [subtotal, subtotal]),
    )
    expect(await studio.balances('ada')).toEqual({ render: 600, exports: 40 })
    expect((await studio.node.discounts.retrieve(id)).discount).toMatchObject({ redemptionCount: 1 })
  })

  it('reduces the first payment after a trial or a declined card', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.node.discounts.create({ discount: summer })
    const { url } = await studio.checkout('ada', 'trial_price')
    await enter(url, 'SUMMER')
    await pay(url)
    studio.advance(14 * dayMs + 1)
    expect((await studio.billing('ada')).invoices).toMatchObject([{ invoice: { subtotal: 900 } }])

    await studio.customer('bob')
    const second = await studio.checkout('bob', 'team_price')
    await pay(second.url, cards.declined)
    await enter(second.url, 'SUMMER')
    await pay(second.url)
    expect((await studio.billing('bob')).invoices).toMatchObject([{ invoice: { subtotal: 4410 } }])
  })

  it.each([
    // The second payment is half of 4900 + 9950, minus the 2450 already paid.
    ['for every payment', { ...summer, amount: 50, duration: 'forever' as const }, [2450, 4975], 9950],
    ['only if the discount still applies', { ...summer, amount: 50 }, [2450, 9950], 19_900],
    [
      'for the second of two payments',
      {
        ...summer,
        amount: 900,
        amountType: 'fixed' as const,
        duration: 'number_of_payments' as const,
        numberOfPayments: 2,
      },
      [4000, 8400],
      19_900,
    ],
  ])("reduces a plan change's price %s", async (_, discount, amounts, renewal) => {
    await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
    const { id } = await discountedPlan(studio, discount)
    await studio.node.subscriptions.adjust(id, {
      adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
    })
    const paid = async () => (await studio.node.payments.list()).data.map(({ amount }) => amount)
    expect(await paid()).toEqual(amounts)
    await studio.renew('ada')
    expect(await paid()).toEqual([...amounts, renewal])
  })

  it.each([
    ['a share of every payment', { ...summer, amount: 50, duration: 'forever' as const }, 4975],
    [
      'a fixed amount',
      {
        ...summer,
        amount: 900,
        amountType: 'fixed' as const,
        duration: 'number_of_payments' as const,
        numberOfPayments: 2,
      },
      8400,
    ],
    ['everything', { ...summer, amount: 100, duration: 'forever' as const }, 0],
    ['nothing, because it has ended', { ...summer, amount: 50 }, 9950],
  ])(
    'charges the amount in the preview of a plan change if the discount takes off %s',
    async (_, discount, charged) => {
      await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
      const { id } = await discountedPlan(studio, discount)
      const before = (await studio.node.payments.list()).data.length
      const body = { adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'agency_price' }] } }
      const preview = await studio.node.post(`/api/v1/subscriptions/${id}/preview-adjust`, { body })
      expect(preview).toMatchObject({ prorationAmount: charged, newPlanTotal: 19_900 })
      await studio.node.subscriptions.adjust(id, {
        adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
      })
      const payments = (await studio.node.payments.list()).data.slice(before)
      expect(payments.reduce((sum, { amount }) => sum + amount, 0)).toBe(charged)
    },
  )

  it('reduces the price of a one-time purchase', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    await studio.node.discounts.create({ discount: summer })
    const { url } = await studio.checkout('ada', 'render_pack')
    await enter(url, 'summer')
    await pay(url)
    expect((await studio.billing('ada')).invoices).toMatchObject([
      { invoice: { status: 'paid', subtotal: 1080 }, invoiceLineItems: [{ price: 1200 }] },
    ])
    expect((await studio.node.payments.list()).data).toMatchObject([{ amount: 1080 }])
    expect(await studio.balances('ada')).toEqual({ render: 185 })
  })

  it('takes nothing off if it is unknown, inactive or removed', async () => {
    await using studio = await startStudio()
    await studio.customer('ada')
    const { url } = await studio.checkout('ada', 'team_price')
    expect(await (await fetch(url)).text()).not.toContain('Discount code')
    await studio.node.discounts.create({ discount: summer })
    await studio.node.discounts.create({ discount: { ...summer, code: 'winter', active: false } })
    expect(await (await fetch(url)).text()).toContain('Discount code')
    const page = async () => (await fetch(url)).text()
    for (const code of ['nope', 'winter']) {
      await enter(url, 'summer')
      const answer = await enter(url, code)
      expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining(code)])
      expect(await page()).toContain('Pay $49.00')
    }
    await enter(url, 'summer')
    expect(await page()).toContain('Pay $44.10')
    expect((await enter(url, '')).status).toBe(303)
    expect(await page()).toContain('Pay $49.00')
  })
})
