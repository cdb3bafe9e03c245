import { describe, expect, it } from 'vitest'
import { benefitsOf, overageText } from '../src/plans/benefitsOf.ts'
import { forfeitedBy, nextOffer, packCredits, packFor, plansOf, uselessFor } from '../src/plans/offers.ts'
import { priceOf } from '../src/plans/priceOf.ts'
import { upgradeAdvice } from '../src/plans/upgradeAdvice.ts'
import { anOffer, free, onFree, pack, pro } from './anOffer.ts'

describe('what a plan offers', () => {
  it('names grants, the price of what goes beyond them, and features, each once', () => {
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
      '500 generations a month',
      '10,000 API calls a month',
      'Further API calls: €1 per 1,000',
      'HD pictures',
    ])
  })

  it('says “unlimited” instead of a grant, and names no feature for it', () => {
    const offer = anOffer({
      unlimited: ['generations'],
      features: [{ slug: 'unlimited_generations', name: 'Unlimited generations' }],
    })
    expect(benefitsOf(offer)).toEqual(['Unlimited generations'])
  })

  it('tells how often grants and its price come again, as the catalogue has it', () => {
    const generations = (unit: 'week' | 'month', count: number) =>
      benefitsOf(anOffer({ interval: { unit, count } }))
    expect(generations('week', 1)).toEqual(['10 generations a week'])
    expect(generations('month', 3)).toEqual(['10 generations every 3 months'])
    expect(priceOf(pro)).toBe('$20 a month')
    expect(priceOf({ ...pro, interval: { unit: 'month', count: 3 } })).toBe('$20 every 3 months')
    expect(priceOf(pack)).toBe('$5')
  })

  it('tells a price for each unit without a count', () => {
    const price = { meter: 'tokens', feature: 'more', unitPrice: 5, perUnits: 1, currency: 'EUR' } as const
    expect(overageText(price)).toBe('€0.05 each')
  })
})

describe('the way up', () => {
  it('is the next dearer plan, never a pack, and none from the largest', () => {
    const offers = [pro, pack, free]
    expect(plansOf(offers)).toEqual([free, pro])
    expect(nextOffer(offers, onFree({ available: 1, limit: 10 }).plan)).toBe(pro)
    expect(
      nextOffer(offers, { ...onFree({ available: 1, limit: 10 }).plan, priceSlug: 'pro_monthly' }),
    ).toBeUndefined()
  })
})

describe('what an upgrade from Free leaves behind', () => {
  it.each([
    ['nothing, without a pack', { available: 10, limit: 10 }, []],
    [
      'a whole pack, when only monthly credits were spent',
      { available: 55, limit: 60 },
      [{ meter: 'generations', amount: 50 }],
    ],
    ['what is left of a pack', { available: 7, limit: 60 }, [{ meter: 'generations', amount: 7 }]],
    ['nothing, when the pack is used up', { available: 0, limit: 60 }, []],
  ])('is %s', (_, row, forfeited) => {
    expect(forfeitedBy(pro, [free, pro, pack], onFree(row))).toEqual(forfeited)
  })

  it('is nothing when one paid plan replaces another: the subscription stays', () => {
    const onPro = onFree({ available: 540, limit: 550 })
    const answer = { ...onPro, plan: { ...onPro.plan, name: 'Pro', priceSlug: 'pro_monthly', isFree: false } }
    const scale = anOffer({ name: 'Scale', priceSlug: 'scale_monthly', unitPrice: 9_900, isFree: false })
    expect(forfeitedBy(scale, [free, pro, scale], answer)).toEqual([])
  })

  it('is nothing when a pack is bought, whatever is left of another', () => {
    expect(forfeitedBy(pack, [free, pro, pack], onFree({ available: 55, limit: 60 }))).toEqual([])
  })
})

describe('who is out of credits', () => {
  const offers = [free, pro]
  const renewsAt = Date.UTC(2026, 11, 1, 12)
  const { plan } = onFree({ available: 0, limit: 10 })

  it('is told to upgrade or to wait, until which day', () => {
    expect(upgradeAdvice({ offers, plan, renewsAt, goal: 'go on' })).toMatch(
      /^Upgrade to go on, or wait until they renew on .*December.*\.$/,
    )
    expect(upgradeAdvice({ offers, plan, renewsAt: null, goal: 'go on' })).toBe('Upgrade to go on.')
  })

  it('is told to choose a plan without one: there is none to upgrade from, and nothing renews', () => {
    expect(upgradeAdvice({ offers, plan: null, renewsAt: null, goal: 'go on' })).toBe(
      'Choose a plan to go on.',
    )
  })

  it('is not told to upgrade from the largest plan', () => {
    const onPro = { ...plan, priceSlug: 'pro_monthly', isFree: false }
    expect(upgradeAdvice({ offers, plan: onPro, renewsAt, goal: 'go on' })).toMatch(
      /^They renew on .*December.*\.$/,
    )
    expect(upgradeAdvice({ offers, plan: onPro, renewsAt: null, goal: 'go on' })).toBe('')
  })
})

describe('what ends with a plan', () => {
  it('is what is left of packs, on a paid plan as on Free', () => {
    const onPro = onFree({ available: 45, limit: 60 })
    const answer = { ...onPro, plan: { ...onPro.plan, priceSlug: 'pro_monthly', isFree: false } }
    expect(packCredits([free, pro, pack], answer)).toEqual([{ meter: 'generations', amount: 45 }])
    expect(packCredits(undefined, answer)).toEqual([])
  })
})

describe('a pack', () => {
  const [row] = onFree({ available: 10, limit: 10 }).balances
  const withGenerations = (unlimited: boolean) => ({
    ...onFree({ available: 10, limit: 10 }),
    balances: row ? [{ ...row, unlimited }] : [],
  })

  it('adds nothing to what has no limit', () => {
    expect(uselessFor(pack, withGenerations(true))).toEqual(['generations'])
    expect(uselessFor(pack, withGenerations(false))).toBeNull()
  })

  it('is a way on for whoever has a plan that it adds to', () => {
    const { plan } = onFree({ available: 0, limit: 10 })
    expect(packFor([free, pro, pack], plan, 'generations')).toBe(pack)
    expect(packFor([free, pro, pack], plan, 'tokens')).toBeUndefined()
    expect(packFor([free, pro, pack], null, 'generations')).toBeUndefined()
  })

  it('is for sale while nothing is known', () => {
    expect(uselessFor(pack, undefined)).toBeNull()
  })
})
