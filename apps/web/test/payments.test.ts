import type { PaymentRow } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import type { Meter } from '../src/format/meters.ts'
import {
  changeDetails,
  chargedText,
  itemText,
  methodText,
  paidWithText,
  statusText,
} from '../src/format/payments.ts'
import { aPayment, aPlanChange, visa } from './aStatement.ts'

it('names a card by its brand and last digits, and other methods by their type', () => {
  expect(methodText(visa)).toBe('Visa ending in 4242')
  expect(methodText({ type: 'us_bank_account', brand: null, last4: null })).toBe('Us bank account')
})

it.each([
  [aPlanChange(), 'Change to Scale'],
  [aPlanChange({ to: null }), 'Plan change'],
  [{ kind: 'pack', name: 'Picture pack', amount: 500 }, 'Picture pack'],
  [{ kind: 'discount', amount: -500 }, 'Discount'],
  [
    { kind: 'overage', meter: 'api_calls', plan: 'Pro', units: 2_300, amount: 300 },
    '2,300 look-ups beyond Pro',
  ],
  [
    { kind: 'overage', meter: 'api_calls', plan: null, units: 2_300, amount: 300 },
    '2,300 look-ups beyond your plan',
  ],
  [{ kind: 'plan', name: 'Pro', from: null, to: null, prorated: true, amount: 1 }, 'Pro (prorated)'],
] as const)('names what an item is for: %j', (item, text) => {
  expect(itemText(item)).toBe(text)
})

it('adds “declined” to the name of a declined plan change', () => {
  expect(itemText(aPlanChange(), 'failed')).toBe('Upgrade to Scale, declined')
  expect(itemText(aPlanChange({ to: null }), 'failed')).toBe('Plan change, declined')
})

it('lists the parts of a plan change, or describes the amount if the parts are unknown', () => {
  const { at, currency } = aPayment()
  const until = Date.UTC(2026, 11, 28)
  const period = `${formatDay(at)} – ${formatDay(until)}`
  const parts = { plan: 6_600, credit: 1_333 }
  expect(changeDetails(aPlanChange({ parts }), { at, currency }, [])).toEqual([
    `Scale, ${period}: $66`,
    'Credit for earlier payments: −$13.33',
  ])
  expect(changeDetails(aPlanChange(), { at, currency }, [])).toEqual([
    `For ${period}, minus credit for earlier payments`,
  ])
  expect(changeDetails(aPlanChange({ until: null }), { at, currency }, [])).toEqual([
    'For the rest of the period, minus credit for earlier payments',
  ])
})

const until = Date.UTC(2026, 11, 28)
const item = { kind: 'plan', name: 'Pro', from: 0, to: until, prorated: false, amount: 2_000 } as const
const forPro = aPayment({ at: 0, items: [item] })
const overage = { kind: 'overage', meter: 'api_calls', plan: 'Pro', units: 1, amount: 100 } as const

it.each<[string, string, PaymentRow<Meter>[]]>([
  ['the only payment', 'Unused Pro', [forPro]],
  ['the only payment since the renewal', 'Unused Pro', [forPro, aPayment({ items: [{ ...item, to: 0 }] })]],
  ['the only successful payment', 'Unused Pro', [aPayment({ ...forPro, status: 'failed' }), forPro]],
  ['one of two payments', 'Credit for earlier payments', [aPayment({ at: 1 }), forPro]],
  ['a payment for extra units too', 'Credit for earlier payments', [{ ...forPro, items: [item, overage] }]],
  [
    'a prorated payment',
    'Credit for earlier payments',
    [{ ...forPro, items: [{ ...item, prorated: true }] }],
  ],
  ['a refunded payment', 'Credit for earlier payments', [{ ...forPro, refunded: 1 }]],
])('names the credit of a plan change as on its receipt: the plan has %s', (_, name, payments) => {
  const change = aPayment({ items: [aPlanChange({ until })] })
  const parts = { plan: 6_600, credit: 1_333 }
  const lines = changeDetails(aPlanChange({ until, parts }), change, [change, ...payments])
  expect(lines[1]).toBe(`${name}: −$13.33`)
})

it.each([
  [{}, 'Paid'],
  [{ status: 'failed' }, 'Declined, not charged'],
  [{ status: 'pending' }, 'Processing'],
  [{ refunded: 5_267 }, 'Refunded'],
  [{ refunded: 500 }, '$5 refunded'],
] as const)('describes the state of a payment: %j', (payment, text) => {
  expect(statusText(aPayment(payment))).toBe(text)
})

it('says how much was charged to which card', () => {
  expect(chargedText(aPayment())).toBe('We charged $52.67 to Visa ending in 4242.')
  expect(chargedText(null)).toBeNull()
})

it("doesn't name a card whose digits are unknown", () => {
  const method = { type: 'card', brand: null, last4: null }
  expect(chargedText(aPayment({ method }))).toBe('We charged $52.67.')
})

it('says “Card used at checkout” for a pack payment if Flowglad doesn’t report the card', () => {
  const method = { type: 'card', brand: null, last4: null }
  const items = [{ kind: 'pack', name: 'Picture pack', amount: 500 } as const]
  expect(paidWithText(aPayment({ method, items }))).toBe('Card used at checkout')
  expect(chargedText(aPayment({ amount: 500, method, items }))).toBe(
    'We charged $5 to the card that you used at checkout.',
  )
  expect(paidWithText(aPayment({ items }))).toBe('Visa ending in 4242')
  expect(paidWithText(aPayment({ method }))).toBe('Card')
  expect(paidWithText(aPayment({ method: null }))).toBeNull()
})
