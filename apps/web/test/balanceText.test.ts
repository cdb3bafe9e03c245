import type { BalanceRow } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { activityOf, type Meter, promiseOf } from '../src/format/meters.ts'
import { balanceText } from '../src/parts/BalanceBar.tsx'

const aBalance = (given: Partial<BalanceRow<Meter>>): BalanceRow<Meter> => ({
  meter: 'generations',
  name: 'Generations',
  available: 6,
  held: 0,
  used: 4,
  limit: 10,
  adjusted: 0,
  unlimited: false,
  share: 0.4,
  status: 'ok',
  renewsAt: null,
  asOf: 0,
  parked: 0,
  version: 1,
  ...given,
})

it.each([
  ['4 of 10 used', {}],
  ['10 of 10 used', { available: 0, used: 10, share: 1, status: 'exhausted' }],
  ['4 used · Unlimited', { available: null, limit: null, unlimited: true, status: 'unlimited' }],
  ['not included', { available: 0, used: 0, limit: 0, share: 1, status: 'exhausted' }],
] as const)('describes a balance as “%s”', (text, given) => {
  expect(balanceText(aBalance(given))).toBe(text)
})

it("derives a meter's activity and pricing sentence from the unit by default", () => {
  expect([activityOf('generations'), promiseOf('generations')]).toEqual([
    'Pictures',
    'Only successful pictures count.',
  ])
  expect([activityOf('tokens'), promiseOf('tokens')]).toEqual([
    'Text',
    'A token is about one word. Only the text you receive counts.',
  ])
  expect(promiseOf('api_calls')).toBe("Each answer counts, even if the word isn't in the glossary.")
})
