import { expect, it } from 'vitest'
import { chargedText, itemText, methodText, paidWithText, statusText } from '../src/format/payments.ts'
import { aPayment, visa } from './aStatement.ts'

it('names a card by its brand and last digits, and other methods by their type', () => {
  expect(methodText(visa)).toBe('Visa ending in 4242')
  expect(methodText({ type: 'us_bank_account', brand: null, last4: null })).toBe('Us bank account')
})

it.each([
  [{ kind: 'planChange', to: 'Scale', amount: 5_267 }, 'Change to Scale'],
  [{ kind: 'planChange', to: null, amount: 5_267 }, 'Plan change'],
  [{ kind: 'pack', name: 'Picture pack', amount: 500 }, 'Picture pack'],
  [{ kind: 'discount', amount: -500 }, 'Discount'],
  [{ kind: 'overage', meter: 'api_calls', units: 2_300, amount: 300 }, '2,300 look-ups beyond your plan'],
  [{ kind: 'plan', name: 'Pro', from: null, to: null, prorated: true, amount: 1 }, 'Pro (prorated)'],
] as const)('says what %j is for', (item, text) => {
  expect(itemText(item)).toBe(text)
})

it('adds “declined” to the name of a declined plan change', () => {
  expect(itemText({ kind: 'planChange', to: 'Scale', amount: 5_267 }, 'failed')).toBe(
    'Upgrade to Scale, declined',
  )
  expect(itemText({ kind: 'planChange', to: null, amount: 5_267 }, 'failed')).toBe('Plan change, declined')
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

it('says “Card chosen at checkout” for a pack payment if Flowglad doesn’t report the card', () => {
  const method = { type: 'card', brand: null, last4: null }
  const items = [{ kind: 'pack', name: 'Picture pack', amount: 500 } as const]
  expect(paidWithText(aPayment({ method, items }))).toBe('Card chosen at checkout')
  expect(chargedText(aPayment({ amount: 500, method, items }))).toBe(
    'We charged $5 to the card that you chose at checkout.',
  )
  expect(paidWithText(aPayment({ items }))).toBe('Visa ending in 4242')
  expect(paidWithText(aPayment({ method }))).toBe('Card')
  expect(paidWithText(aPayment({ method: null }))).toBeNull()
})
