import { describe, expect, it } from 'vitest'
import { benefitsOf } from '../src/plans/benefitsOf.ts'
import { nextOffer, type Offer, packFor, plansOf, uselessFor } from '../src/plans/offers.ts'
import { priceOf } from '../src/plans/priceOf.ts'
import { upgradeAdvice } from '../src/plans/upgradeAdvice.ts'
import { anOffer, free, onFree, pack, pro } from './anOffer.ts'

describe("a plan's benefits", () => {
  it('list each grant, overage price and feature once', () => {
    const offer = anOffer({
      grants: [
        { meter: 'generations', name: 'Generations', amount: 500, renews: true },
        { meter: 'api_calls', name: 'API calls', amount: 10_000, renews: true },
      ],
      features: [
        { slug: 'hd', name: 'HD pictures' },
        { slug: 'api_overage', name: 'API calls beyond the plan' },
      ],
      overage: [
        { meter: 'api_calls', feature: 'api_overage', unitPrice: 100, perUnits: 1_000, currency: 'EUR' },
      ],
    })
    expect(benefitsOf(offer)).toEqual([
      '500 pictures a month',
      '10,000 look-ups a month',
      'Extra look-ups: €1 per 1,000 or part of 1,000',
      'HD pictures',
    ])
  })

  it('show an unlimited meter in one line, without its grant or feature', () => {
    const offer = anOffer({
      unlimited: ['generations'],
      features: [{ slug: 'unlimited_generations', name: 'Unlimited generations' }],
    })
    expect(benefitsOf(offer)).toEqual(['Unlimited pictures'])
  })

  it('say how often grants renew, and prices say how often they recur', () => {
    const generations = (unit: 'week' | 'month', count: number) =>
      benefitsOf(anOffer({ interval: { unit, count } }))
    expect(generations('week', 1)).toEqual(['10 pictures a week'])
    expect(generations('month', 3)).toEqual(['10 pictures every 3 months'])
    expect(priceOf(pro)).toBe('$20 a month')
    expect(priceOf({ ...pro, interval: { unit: 'month', count: 3 } })).toBe('$20 every 3 months')
    expect(priceOf(pack)).toBe('$5')
  })
})

describe('the next offer', () => {
  it('is the next more expensive plan, or nothing for a customer on the largest plan', () => {
    const offers = [pro, pack, free]
    expect(plansOf(offers)).toEqual([free, pro])
    expect(nextOffer(offers, onFree({ available: 1, limit: 10 }).plan)).toBe(pro)
    expect(
      nextOffer(offers, { ...onFree({ available: 1, limit: 10 }).plan, priceSlug: 'pro_monthly' }),
    ).toBeUndefined()
  })
})

describe('the advice to a customer who is out of credits', () => {
  const offers = [free, pro]
  const renewsAt = Date.UTC(2026, 11, 1, 12)
  const { plan } = onFree({ available: 0, limit: 10 })

  it('suggests an upgrade, or waiting until the renewal date', () => {
    expect(upgradeAdvice({ offers, plan, renewsAt, goal: 'continue' })).toMatch(
      /^Upgrade to continue, or wait until they renew on .*December.*\.$/,
    )
    expect(upgradeAdvice({ offers, plan, renewsAt: null, goal: 'continue' })).toBe('Upgrade to continue.')
  })

  it('suggests choosing a plan if the customer has no plan', () => {
    expect(upgradeAdvice({ offers, plan: null, renewsAt: null, goal: 'continue' })).toBe(
      'Choose a plan to continue.',
    )
  })

  it('names the plan that starts when a canceled plan ends', () => {
    const ending = { ...plan, priceSlug: 'pro_monthly', isFree: false, cancelsAt: renewsAt }
    const advice = (plans: Offer[]) =>
      upgradeAdvice({ offers: plans, plan: ending, renewsAt, goal: 'continue' })
    expect(advice([free, pro])).toMatch(/^You'll get new credits when Free starts on .*December\.$/)
    const scale = anOffer({ name: 'Scale', priceSlug: 'scale_monthly', unitPrice: 9_900, isFree: false })
    expect(advice([free, pro, scale])).toMatch(
      /^Upgrade to continue, or wait until Free starts on .*December\.$/,
    )
  })

  it('does not suggest an upgrade to a customer on the largest plan', () => {
    const onPro = { ...plan, priceSlug: 'pro_monthly', isFree: false }
    expect(upgradeAdvice({ offers, plan: onPro, renewsAt, goal: 'continue' })).toMatch(
      /^They renew on .*December.*\.$/,
    )
    expect(upgradeAdvice({ offers, plan: onPro, renewsAt: null, goal: 'continue' })).toBe('')
  })
})

describe('a pack', () => {
  const [row] = onFree({ available: 10, limit: 10 }).balances
  const withGenerations = (unlimited: boolean) => ({
    ...onFree({ available: 10, limit: 10 }),
    balances: row ? [{ ...row, unlimited }] : [],
  })

  it('is useless if its meter is already unlimited', () => {
    expect(uselessFor(pack, withGenerations(true))).toEqual(['generations'])
    expect(uselessFor(pack, withGenerations(false))).toBeNull()
  })

  it('is offered only for its own meter, and only to customers with a plan and no unpaid renewal', () => {
    const { plan } = onFree({ available: 0, limit: 10 })
    expect(packFor([free, pro, pack], plan, 'generations')).toBe(pack)
    expect(packFor([free, pro, pack], plan, 'tokens')).toBeUndefined()
    expect(packFor([free, pro, pack], null, 'generations')).toBeUndefined()
    const pastDue = { state: 'grace' as const, since: 0, graceEndsAt: 1, upgradeUrl: '/billing' }
    const unpaid = { ...plan, priceSlug: 'pro_monthly', isFree: false, pastDue }
    expect(packFor([free, pro, pack], unpaid, 'generations')).toBeUndefined()
  })

  it('can be bought while the balances load', () => {
    expect(uselessFor(pack, undefined)).toBeNull()
  })
})
