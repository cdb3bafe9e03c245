import type { PlanSummary } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { cancelOverdueText, canPayNow, pastDueText, payFirstText } from '../src/plans/pastDueText.ts'
import { upgradeAdvice } from '../src/plans/upgradeAdvice.ts'
import { onFree } from './anOffer.ts'
import { aPayment, aStatement } from './aStatement.ts'

type State = NonNullable<PlanSummary['pastDue']>['state']

const graceEndsAt = Date.UTC(2026, 11, 6, 12)
const dayMs = 86_400_000
const endsAt = graceEndsAt + 20 * dayMs
const paidFor = onFree({ available: 0, limit: 0 }).plan
const unpaid = (state: State, plan: Partial<PlanSummary> = {}): PlanSummary => ({
  ...paidFor,
  name: 'Scale',
  isFree: false,
  status: 'past_due',
  pastDue: { state, since: 0, graceEndsAt, upgradeUrl: '/billing' },
  ...plan,
})
const canceled = { status: 'cancellation_scheduled', cancelsAt: endsAt }
const overdue = { amount: 9_900, currency: 'USD', since: 0, retriesAt: graceEndsAt - 3 * dayMs }
const statement = aStatement({ overdue })
const noRetry = aStatement({ overdue: { ...overdue, retriesAt: null } })

it('shows the amount due and the date of the next charge', () => {
  expect(pastDueText(unpaid('grace'), statement, null)).toEqual({
    title: 'Your last payment failed',
    due: "$99 is due. We'll try Visa ending in 4242 again on 3 December.",
    detail: 'Pay by 6 December to keep Scale.',
  })
  expect(pastDueText(unpaid('grace'), noRetry, null)?.due).toBe('$99 is due.')
  expect(pastDueText(unpaid('grace'), aStatement(), null)?.due).toBeNull()
})

it('announces a charge attempt after the payment deadline, but names the deadline first', () => {
  const late = aStatement({ overdue: { ...overdue, retriesAt: graceEndsAt + dayMs } })
  expect(pastDueText(unpaid('grace'), late, null)).toMatchObject({
    due: '$99 is due.',
    detail:
      "Pay by 6 December to keep Scale. If you don't, we'll try Visa ending in 4242 again on 7 December.",
  })
})

it.each<[string, PlanSummary, boolean]>([
  ['on an overdue plan', unpaid('free'), true],
  [
    'on an overdue plan that the customer has kept after a cancellation',
    unpaid('free', { status: 'active' }),
    true,
  ],
  ['on a canceled plan', unpaid('free', canceled), false],
  ['on a free plan', unpaid('free', { isFree: true }), false],
  ['on a plan without an overdue payment', { ...paidFor, isFree: false }, false],
])('lets the customer pay only if the payment page charges the overdue amount: %s', (_, plan, pays) => {
  expect(canPayNow(plan)).toBe(pays)
})

it.each<[State, string]>([
  [
    'grace',
    `You keep Scale's credits until ${formatDay(graceEndsAt)}. If you want to stay on Scale, choose “Keep Scale” first, then pay.`,
  ],
  [
    'free',
    "You have the Free plan's credits until you pay. To get Scale and all its credits back, choose “Keep Scale” first, then pay.",
  ],
  ['denied', "You can't use your credits now. To use them again, choose “Keep Scale” first, then pay."],
])('asks a customer who has canceled to undo the cancellation before paying: %s', (state, detail) => {
  expect(pastDueText(unpaid(state, canceled), noRetry, null)).toMatchObject({
    due: '$99 is due only if you keep Scale.',
    detail,
  })
})

it('asks a customer without credits to undo a cancellation before paying', () => {
  const advice = (plan: PlanSummary) => upgradeAdvice({ offers: [], plan, renewsAt: null, goal: 'continue' })
  expect(advice(unpaid('free', canceled))).toBe('Keep Scale and pay for it to continue.')
  expect(advice(unpaid('free'))).toBe('Pay for your plan to continue.')
})

it('says before a cancellation that the overdue amount is no longer due when the plan ends', () => {
  expect(cancelOverdueText(unpaid('grace'), statement, endsAt, null)).toBe(
    "We'll stop trying your card. $99 will be due only if you keep Scale. You keep Scale's credits until 6 December. To pay later, undo the cancellation first.",
  )
  expect(cancelOverdueText(unpaid('grace'), statement, graceEndsAt - dayMs, null)).toContain(
    'You keep Scale and its credits until it ends.',
  )
  expect(cancelOverdueText(unpaid('free'), undefined, endsAt, null)).toBe(
    "We'll stop trying your card. Your payment will be due only if you keep Scale. You have the Free plan's credits until you pay. To pay later, undo the cancellation first.",
  )
})

it('says how long the customer can use pack credits', () => {
  const lost = '50 pictures from packs'
  const detail = (plan: PlanSummary) => pastDueText(plan, noRetry, lost)?.detail
  expect(detail(unpaid('grace'))).toBe('Pay by 6 December to keep Scale and your 50 pictures from packs.')
  expect(detail(unpaid('grace', canceled))).toContain(
    "You keep Scale's credits and your 50 pictures from packs until 6 December.",
  )
  expect(cancelOverdueText(unpaid('grace'), statement, endsAt, lost)).toContain(
    "You keep Scale's credits and your 50 pictures from packs until 6 December.",
  )
})

it('says that a payment brings back the credits of packs only if the customer has bought packs', () => {
  const paused = "Credits left from packs are paused too. They'll come back when you pay."
  const items = [{ kind: 'pack', name: 'Picture pack', amount: 500 } as const]
  const bought = aStatement({ overdue, payments: [aPayment({ items })] })
  const declined = aStatement({ overdue, payments: [aPayment({ items, status: 'failed' })] })
  expect(pastDueText(unpaid('free'), bought, null)?.detail).toContain(paused)
  expect(pastDueText(unpaid('free', canceled), bought, null)?.detail).toContain(paused)
  expect(pastDueText(unpaid('grace'), bought, null)?.detail).not.toContain(paused)
  expect(pastDueText(unpaid('free'), declined, null)?.detail).not.toContain(paused)
})

it('asks the customer to pay the overdue amount before changing the plan', () => {
  const change = 'then you can change your plan.'
  expect(payFirstText(unpaid('grace'), statement)).toBe(`Pay $99 for Scale first, ${change}`)
  expect(payFirstText(unpaid('grace'), undefined)).toBe(`Pay for Scale first, ${change}`)
  expect(payFirstText(unpaid('grace', canceled), statement)).toBe(
    `Keep Scale and pay for it first, ${change}`,
  )
})
