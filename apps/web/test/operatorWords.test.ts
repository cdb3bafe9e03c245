import { expect, test } from 'vitest'
import { actTitle, byMeter, changeText, parseSigned } from '../src/operator/words.ts'

test.each([
  ['+5', 5],
  ['5', 5],
  [' -5 ', -5],
  ['−5', -5],
  ['2147483647', 2_147_483_647],
  ['2147483648', null],
  ['0', null],
  ['-0', null],
  ['', null],
  ['five', null],
  ['1.5', null],
  ['1e3', null],
  ['+-5', null],
  ['5 6', null],
])('parses the amount %j as %j', (text, amount) => {
  expect(parseSigned(text)).toBe(amount)
})

test('describes a change, even to a meter that the app no longer has', () => {
  const refund = { type: 'refund', attempt: 'a', meter: 'generations' }
  const changes = [{ meter: 'generations', name: 'adjusted' as const, before: 2, after: 3 }]
  expect(actTitle({ act: refund, changes })).toBe('Refunded a charge of 1 picture')
  expect(actTitle({ act: { type: 'adjust', meter: 'seats', amount: -2 }, changes: [] })).toBe(
    'Adjusted seats by -2',
  )
  expect(actTitle({ act: { type: 'later' }, changes: [] })).toBe('later')
})

test('shows the old and new value of a change', () => {
  expect(changeText({ meter: 'tokens', name: 'available', before: 1_000, after: 995 })).toEqual({
    name: 'Tokens available',
    change: '1,000 → 995',
  })
  expect(changeText({ meter: null, name: 'hold', before: 'open', after: 'ended' })).toEqual({
    name: 'Hold',
    change: 'open → ended',
  })
  expect(changeText({ meter: null, name: 'retryAt', before: null, after: null }).change).toBe('never → never')
})

test("sorts balances in the app's order", () => {
  const sorted = ['api_calls', 'seats', 'tokens', 'generations'].map((meter) => ({ meter })).sort(byMeter)
  expect(sorted.map(({ meter }) => meter)).toEqual(['seats', 'generations', 'tokens', 'api_calls'])
})
