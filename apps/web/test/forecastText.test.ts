import type { PlanSummary } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { formatDays } from '../src/format/format.ts'
import { forecastTexts } from '../src/usage/forecastText.ts'
import { onFree } from './anOffer.ts'
import { usageOn } from './usageOn.ts'

// 18:00 in Los Angeles on 30 November.
const now = Date.parse('2026-12-01T02:00:00Z')
const renewsAt = Date.UTC(2026, 11, 20, 20)
const { plan: free, balances } = onFree({ available: 20, limit: 50 })
const even = usageOn(now, Array<number>(14).fill(2))
const uneven = usageOn(now, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3])

interface Situation {
  left?: number | null
  held?: number
  usage?: typeof even
  plan?: Partial<PlanSummary>
  renewsAt?: number | null
  hasOverage?: boolean
}

function textsIn({ left = 20, held = 0, usage = even, plan, hasOverage = false, ...row }: Situation) {
  const [balance] = balances
  if (!balance) throw new Error('There is no balance.')
  return forecastTexts(
    { ...balance, available: left, held, renewsAt, ...row },
    { usage, plan: { ...free, ...plan }, hasOverage, now },
  )
}

const pastDue = { state: 'grace' as const, since: 0, graceEndsAt: Date.UTC(2026, 11, 6, 20), upgradeUrl: '' }
const overdue = { ...pastDue, state: 'free' as const, graceEndsAt: null }
const early = { usage: uneven, renewsAt: Date.UTC(2026, 11, 9, 20) }
const late = { usage: uneven, renewsAt: Date.UTC(2026, 11, 12, 20) }
const canceled = { cancelsAt: renewsAt }
const nextYear = Date.UTC(2027, 10, 20, 20)

it.each<[string, Situation]>([
  ["you'll run out on 10 December", {}],
  ["you'll run out today", { left: 4, usage: usageOn(now, Array<number>(14).fill(20)) }],
  ["you'll run out on 10 December", { left: 5, held: 15 }],
  ["you'll probably run out between 8 and 14 December", { usage: uneven }],
  ["you'll probably run out by 2 December", { usage: uneven, left: 1 }],
  ["you'll probably run out before the renewal on 12 December, maybe as early as 8 December", late],
  [
    'your pictures will probably last until they renew on 9 December, but might run out as early as 8 December',
    early,
  ],
  ['your pictures will last until they renew on 20 December', { left: 50 }],
  ['your pictures will last until they renew on 20 November 2027', { left: 800, renewsAt: nextYear }],
  ['your pictures will last for more than a year', { left: 800, renewsAt: null }],
  [
    'your pictures will probably last for more than a year, but might run out as early as 9 October 2027',
    { left: 740, renewsAt: null, usage: uneven },
  ],
  [
    "you'll probably run out within a year, maybe as early as 22 September",
    { left: 700, renewsAt: null, usage: uneven },
  ],
  ['your pictures will last until your plan ends on 20 December', { left: 50, plan: canceled }],
  [
    "you'll probably run out before your plan ends on 12 December, maybe as early as 8 December",
    { ...late, plan: canceled },
  ],
  [
    'your pictures will last until 6 December, when your plan ends unless you pay',
    { plan: { isFree: false, pastDue } },
  ],
  [
    "you'll probably run out before 6 December, maybe as early as 4 December",
    { left: 10, usage: uneven, plan: { isFree: false, pastDue } },
  ],
])('says "At this rate, %s"', (text, situation) => {
  expect(textsIn(situation)?.forecast).toBe(`At this rate, ${text}.`)
})

it.each<[string, Situation]>([
  ["you'll start to pay for extra pictures on 10 December", {}],
  ["you'll probably start to pay for extra pictures between 8 and 14 December", { usage: uneven }],
  [
    'your included pictures will probably last until they renew on 9 December, but might run out as early as 8 December',
    early,
  ],
  ['your included pictures will last until they renew on 20 December', { left: 50 }],
  ["you'll start to use extra pictures on 10 December", { plan: canceled }],
  ["you'll run out on 10 December", { plan: { pastDue: overdue } }],
])('says "At this rate, %s" on a plan with extra units', (text, situation) => {
  expect(textsIn({ ...situation, hasOverage: true })?.forecast).toBe(`At this rate, ${text}.`)
})

it.each<[string, Situation]>([
  ['an unlimited meter', { left: null }],
  ['a meter without units left', { left: 0 }],
  ['a meter without enough history', { usage: usageOn(now, [2, 2, 2]) }],
])('says nothing for %s', (_, situation) => {
  expect(textsIn(situation)).toBeNull()
})

it.each([
  [2, '2 pictures'],
  [1, '1 picture'],
  [0.4, '0.4 pictures'],
  [9.96, '10 pictures'],
  [1_234.5, '1,235 pictures'],
])('names the average of %d a day', (amount, text) => {
  const usage = usageOn(now, Array<number>(9).fill(amount))
  expect(textsIn({ usage })?.average).toBe(`Last 9 days: about ${text} a day.`)
})

it('names the month of both dates only if the months differ', () => {
  const day = (month: number, date: number, year = 2026) => Date.UTC(year, month, date, 20)
  expect(formatDays(day(11, 9), day(11, 20))).toBe('9 and 20 December')
  expect(formatDays(day(10, 28), day(11, 3))).toBe('28 November and 3 December')
  expect(formatDays(day(11, 9), day(11, 3, 2027))).toBe('9 December and 3 December')
})
