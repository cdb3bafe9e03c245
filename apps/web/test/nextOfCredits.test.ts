import type { PlanSummary } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { nextOfCredits, nextOfCreditsText } from '../src/plans/nextOfCredits.ts'
import { upgradeAdvice } from '../src/plans/upgradeAdvice.ts'
import { anOffer, onFree, pro } from './anOffer.ts'

const dayMs = 86_400_000
const renewsAt = Date.UTC(2026, 11, 30, 12)
const graceEndsAt = Date.UTC(2026, 11, 6, 12)
const onPro: PlanSummary = {
  ...onFree({ available: 0, limit: 0 }).plan,
  name: 'Pro',
  priceSlug: 'pro_monthly',
  isFree: false,
}
type State = NonNullable<PlanSummary['pastDue']>['state']
const unpaid = (state: State, plan: Partial<PlanSummary> = {}, endsAt: number | null = graceEndsAt) => ({
  ...onPro,
  pastDue: { state, since: 0, graceEndsAt: endsAt, upgradeUrl: '/billing' },
  ...plan,
})

it.each<[string, PlanSummary, string]>([
  ['renew', onPro, 'Renews on 30 December'],
  ['end with a canceled plan', { ...onPro, cancelsAt: renewsAt }, 'Ends on 30 December'],
  ['end with the grace period of an unpaid plan', unpaid('grace'), 'Ends on 6 December unless you pay'],
  [
    'end with the grace period of an unpaid plan that is canceled',
    unpaid('grace', { cancelsAt: renewsAt }),
    'Ends on 6 December',
  ],
  [
    'end with a canceled plan before its grace period is over',
    unpaid('grace', { cancelsAt: renewsAt }, renewsAt + dayMs),
    'Ends on 30 December',
  ],
  ['renew if the grace period never ends', unpaid('grace', {}, null), 'Renews on 30 December'],
  [
    'renew on a free plan with unpaid extra units',
    unpaid('grace', { isFree: true }),
    'Renews on 30 December',
  ],
  ['renew on an overdue plan with free credits', unpaid('free'), 'Renews on 30 December'],
])('says when credits %s', (_, plan, text) => {
  expect(nextOfCreditsText(plan, renewsAt)).toBe(text)
})

it('returns no date for credits that never renew', () => {
  expect(nextOfCredits(unpaid('grace'), null)).toEqual({ event: 'renew', at: null })
  expect(nextOfCreditsText(onPro, null)).toBeNull()
})

it('advises a customer with an unpaid plan to pay instead of upgrading', () => {
  const scale = anOffer({ name: 'Scale', priceSlug: 'scale_monthly', unitPrice: 9_900, isFree: false })
  const advice = (offers: (typeof pro)[]) =>
    upgradeAdvice({ offers, plan: unpaid('grace'), renewsAt, goal: 'continue' })
  expect(advice([pro])).toBe('If you pay for Pro, they renew on 30 December.')
  expect(advice([pro, scale])).toBe('If you pay for Pro, they renew on 30 December.')
})
