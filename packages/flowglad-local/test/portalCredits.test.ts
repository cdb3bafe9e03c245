import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

/**
 * A pricing file with a plan that limits drawings, a plan whose feature removes the limit, and a plan without
 * drawings.
 */
const sketch = `
name: Sketch
isDefault: true
usageMeters:
  - usageMeter: { slug: drawings, name: Drawings }
features:
  - { type: usage_credit_grant, slug: pro_drawings, name: 500 drawings, usageMeterSlug: drawings, amount: 500, renewalFrequency: every_billing_period }
  - { type: usage_credit_grant, slug: pack_drawings, name: 50 drawings, usageMeterSlug: drawings, amount: 50, renewalFrequency: once }
  - { type: toggle, slug: unlimited_drawings, name: Unlimited drawings }
products:
  - product: { slug: free, name: Free, default: true }
    price: { type: subscription, slug: free, unitPrice: 0, intervalUnit: month, intervalCount: 1, isDefault: true }
    features: []
  - product: { slug: pro, name: Pro }
    price: { type: subscription, slug: pro_price, unitPrice: 2000, intervalUnit: month, intervalCount: 1, isDefault: true }
    features: [pro_drawings]
  - product: { slug: scale, name: Scale }
    price: { type: subscription, slug: scale_price, unitPrice: 9900, intervalUnit: month, intervalCount: 1, isDefault: true }
    features: [unlimited_drawings]
  - product: { slug: other, name: Other }
    price: { type: subscription, slug: other_price, unitPrice: 5000, intervalUnit: month, intervalCount: 1, isDefault: true }
    features: []
  - product: { slug: pack, name: Pack }
    price: { type: single_payment, slug: pack_price, unitPrice: 500, isDefault: true }
    features: [pack_drawings]
`

async function startSketch() {
  const studio = await startStudio({ pricing: sketch })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'pro_price')
  await studio.use('ada', 'drawings', 2)
  return Object.assign(studio, {
    change: (priceSlug: string) =>
      studio.node.subscriptions.adjust(id, {
        adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug }] },
      }),
    /** Returns the meter's text, and whether the page has a bar. */
    async drawings(address: string) {
      const page = await (await fetch(address)).text()
      const [, text] = /<strong>Drawings<\/strong>\s*<span class="\w*">(.+?)<\/span>/.exec(page) ?? []
      return { text, hasBar: page.includes('<progress') }
    },
    portal: async () => `${(await studio.billing('ada')).billingPortalUrl}/ada`,
  })
}

it("shows a meter as unlimited after a change to a plan with the meter's unlimited feature", async () => {
  await using studio = await startSketch()
  await studio.change('scale_price')
  expect(await studio.drawings(await studio.portal())).toEqual({ text: '2 used, unlimited', hasBar: false })
  expect(await studio.drawings(`${studio.url}/?customer=ada`)).toEqual({
    text: '2 of 500 used',
    hasBar: true,
  })
})

it("shows no limit if only an earlier plan's credits are left", async () => {
  await using studio = await startSketch()
  const address = await studio.portal()
  expect(await studio.drawings(address)).toEqual({ text: '2 of 500 used', hasBar: true })
  await studio.change('other_price')
  expect(await studio.drawings(address)).toEqual({ text: '2 used', hasBar: false })
})

it("includes a pack's credits in the limit", async () => {
  await using studio = await startSketch()
  await studio.change('other_price')
  await (await studio.checkout('ada', 'pack_price')).pay()
  expect(await studio.drawings(await studio.portal())).toEqual({ text: '2 of 550 used', hasBar: true })
})

it('counts usage whose overage a plan change has charged until the period ends', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.use('ada', 'render', 615)
  const portal = `${(await studio.billing('ada')).billingPortalUrl}/ada`
  const text = async () =>
    /<strong>Render minutes<\/strong>\s*<span class="\w*">(.+?)<\/span>/.exec(
      await (await fetch(portal)).text(),
    )?.[1]
  expect(await text()).toBe('615 of 600 used')
  await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
  })
  expect(await text()).toMatch(/^615 of 2,41\d used$/)
  await studio.renew('ada')
  expect(await text()).toBe('0 of 2,400 used')
})
