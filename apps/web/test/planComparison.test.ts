import { describe, expect, it } from 'vitest'
import { comparedBenefits } from '../src/plans/benefitsOf.ts'
import { columnsFor } from '../src/plans/columnsFor.ts'
import { nextOffer, plansOf } from '../src/plans/offers.ts'
import { intervalsOf, plansBilled, savingOf } from '../src/plans/planFamilies.ts'
import { recommendedPlan } from '../src/plans/recommendedPlan.ts'
import { anOffer, free, onFree } from './anOffer.ts'

const hd = [{ slug: 'hd', name: 'HD pictures' }]
const pictures = (amount: number) => [
  { meter: 'generations' as const, name: 'Generations', amount, renews: true },
]
const year = { unit: 'year' as const, count: 1 }
const pro = anOffer({
  name: 'Pro',
  priceSlug: 'pro',
  unitPrice: 2_000,
  isFree: false,
  grants: [...pictures(500), { meter: 'api_calls', name: 'API calls', amount: 1_000, renews: true }],
  features: [...hd, { slug: 'api_overage', name: 'API calls beyond the plan' }],
  overage: [{ meter: 'api_calls', feature: 'api_overage', unitPrice: 100, perUnits: 1_000, currency: 'USD' }],
})
const scale = anOffer({
  name: 'Scale',
  priceSlug: 'scale',
  unitPrice: 9_900,
  isFree: false,
  grants: [],
  unlimited: ['generations', 'api_calls'],
  features: hd,
})
const proYearly = anOffer({
  ...pro,
  name: 'Pro yearly',
  priceSlug: 'pro_yearly',
  unitPrice: 20_000,
  interval: year,
})
const scaleYearly = anOffer({
  ...scale,
  name: 'Scale (yearly)',
  priceSlug: 'scale_yearly',
  unitPrice: 99_000,
  interval: year,
})
const monthly = [free, pro, scale]
const all = plansOf([...monthly, proYearly, scaleYearly])

describe('the comparison of plans', () => {
  it('shows the same rows for each plan, including what the plan lacks', () => {
    const benefits = comparedBenefits(monthly)
    const rows = benefits.map((plan) => plan.map(({ row }) => row))
    expect(rows).toEqual([
      ['generations', 'api_calls', 'hd'],
      ['generations', 'api_calls', 'hd'],
      ['generations', 'api_calls', 'hd'],
    ])
    expect(benefits[0]?.map(({ text, isIncluded }) => [text, isIncluded])).toEqual([
      ['10 pictures a month', true],
      ['No look-ups', false],
      ['No HD pictures', false],
    ])
    expect(benefits[1]?.[1]?.detail).toBe('Extra look-ups: $1 per 1,000 or part of 1,000')
  })

  it.each([
    [3, 3, 3],
    [4, 4, 4],
    [4, 3, 2],
    [5, 4, 3],
    [7, 3, 1],
    [1, 4, 1],
  ])(
    'leaves no card alone in a row of several columns: %i cards, at most %i columns',
    (cards, most, columns) => {
      expect(columnsFor(cards, most)).toBe(columns)
    },
  )
})

describe('plans with several intervals', () => {
  it('shows the prices of one interval, and how much a longer interval saves', () => {
    expect(intervalsOf(all).map(({ unit }) => unit)).toEqual(['month', 'year'])
    expect(plansBilled(all, pro.interval ?? undefined)).toEqual([free, pro, scale])
    expect(plansBilled(all, year)).toEqual([free, proYearly, scaleYearly])
    expect(plansBilled([free, pro, proYearly, scale], year)).toEqual([free, proYearly, scale])
    expect(savingOf(proYearly, all)).toBe(16)
    expect(savingOf(pro, all)).toBe(0)
  })

  it('suggests an upgrade with the same billing interval', () => {
    const on = (priceSlug: string) => ({ ...onFree({ available: 0, limit: 10 }).plan, priceSlug })
    expect(nextOffer(all, on('free'))).toBe(pro)
    expect(nextOffer(all, on('pro'))).toBe(scale)
    expect(nextOffer(all, on('pro_yearly'))).toBe(scaleYearly)
    expect(nextOffer(all, on('scale'))).toBeUndefined()
    expect(nextOffer(all, on('scale_yearly'))).toBeUndefined()
  })
})

describe('the recommended plan', () => {
  const used = (meter: 'generations' | 'api_calls', amount: number) => [
    { day: '2026-11-22', meter, amount: amount - 1 },
    { day: '2026-11-23', meter, amount: 1 },
  ]

  it('is the cheapest plan with every feature if there is no usage', () => {
    expect(recommendedPlan(monthly, free, [])).toEqual({
      priceSlug: 'pro',
      why: 'Every feature at the lowest price',
    })
    const noHd = anOffer({ ...pro, priceSlug: 'basic', unitPrice: 500, features: [] })
    expect(recommendedPlan([noHd, ...monthly], undefined, [])?.priceSlug).toBe('pro')
  })

  it('has room for the usage of the last 30 days', () => {
    const why = 'Enough for your last 30 days of usage'
    expect(recommendedPlan(monthly, free, used('generations', 400))).toEqual({ priceSlug: 'pro', why })
    expect(recommendedPlan(monthly, free, used('generations', 401))).toEqual({ priceSlug: 'scale', why })
  })

  it('has the lowest cost for the usage, including extra units', () => {
    expect(recommendedPlan(monthly, free, used('api_calls', 79_000))).toEqual({
      priceSlug: 'pro',
      why: 'The lowest cost for your last 30 days of usage',
    })
    expect(recommendedPlan(monthly, free, used('api_calls', 81_000))?.priceSlug).toBe('scale')
  })

  it('is not the current plan if a cheaper plan has room for the usage', () => {
    expect(recommendedPlan(monthly, scale, used('generations', 400))).toBeNull()
    expect(recommendedPlan(monthly, scale, used('api_calls', 79_000))).toBeNull()
    expect(recommendedPlan(monthly, scale, used('api_calls', 81_000))?.priceSlug).toBe('scale')
  })

  it('is never smaller than the current plan', () => {
    expect(recommendedPlan(monthly, scale, used('generations', 401))?.priceSlug).toBe('scale')
    expect(recommendedPlan(monthly, scale, [])).toBeNull()
    expect(recommendedPlan(monthly, proYearly, used('generations', 1))).toBeNull()
  })
})
