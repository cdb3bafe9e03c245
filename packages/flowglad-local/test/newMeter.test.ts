import { describe, expect, it } from 'vitest'
import { dayMs, startStudio } from './studio.ts'
import { grant, studioPricing } from './studioPricing.ts'

/** The studio's pricing with the meter `captions`: 20 units on Hobby, 300 on Team and 900 on Agency. */
const withCaptions = {
  ...studioPricing,
  usageMeters: [...studioPricing.usageMeters, { usageMeter: { name: 'Captions', slug: 'captions' } }],
  features: [
    ...studioPricing.features,
    grant('hobby_captions', 20, 'every_billing_period', 'captions'),
    grant('team_captions', 300, 'every_billing_period', 'captions'),
    grant('agency_captions', 900, 'every_billing_period', 'captions'),
  ],
  products: studioPricing.products.map((entry) => {
    const { slug } = entry.product
    return ['hobby', 'team', 'agency'].includes(slug)
      ? { ...entry, features: [...entry.features, `${slug}_captions`] }
      : entry
  }),
}

/**
 * Starts the studio with a free and a paid customer who subscribed before their plans included `captions`.
 */
async function startWithNewMeter() {
  const studio = await startStudio({ startAt: Date.UTC(2027, 3, 1), clock: () => 0 })
  await studio.customer('free')
  await studio.customer('paid')
  await studio.subscribe('paid', 'team_price')
  studio.updatePricing(withCaptions)
  return studio
}

/*
 * Like the platform, flowglad-local copies a plan's features to a subscription when it adds the plan's item.
 * Later changes to the plan don't affect the subscription.
 */
describe("a new meter's credits", () => {
  it('are granted immediately to a new customer', async () => {
    await using studio = await startWithNewMeter()
    await studio.customer('grace')
    expect(await studio.balances('grace')).toMatchObject({ captions: 20 })
  })

  it('are never granted to existing subscriptions, even at renewal', async () => {
    await using studio = await startWithNewMeter()
    for (const customer of ['free', 'paid']) {
      expect(await studio.balances(customer)).not.toHaveProperty('captions')
      await studio.renew(customer)
      expect(await studio.balances(customer)).not.toHaveProperty('captions')
    }
  })

  it('are granted in full after an upgrade from the free plan', async () => {
    await using studio = await startWithNewMeter()
    // This upgrade starts a new subscription.
    await studio.subscribe('free', 'team_price')
    expect(await studio.balances('free')).toMatchObject({ captions: 300 })
  })

  it('are prorated after a change between paid plans', async () => {
    await using studio = await startWithNewMeter()
    studio.advance(15 * dayMs)
    const { id } = await studio.plan('paid')
    await studio.node.subscriptions.adjust(id, {
      adjustment: {
        timing: 'immediately',
        newSubscriptionItems: [{ priceSlug: 'agency_price', quantity: 1 }],
      },
    })
    expect(await studio.balances('paid')).toMatchObject({ captions: 450 })
    await studio.renew('paid')
    expect(await studio.balances('paid')).toMatchObject({ captions: 900 })
  })
})
