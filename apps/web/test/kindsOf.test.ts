import type { UsageByValue } from '@metered/billing/client'
import { expect, it } from 'vitest'
import type { Meter } from '../src/format/meters.ts'
import { kindsOf } from '../src/usage/kindsOf.ts'

const days = ['2026-11-29', '2026-11-30'].map((day) => ({ day, amount: 0 }))
const row = (meter: Meter, value: string, amount: number, day = '2026-11-30'): UsageByValue<Meter> => ({
  day,
  meter,
  value,
  amount,
})

it("adds up a meter's units by kind, in a fixed order and with the share of each kind", () => {
  const usage = [
    row('generations', 'hd', 2, '2026-11-29'),
    row('generations', 'hd', 1),
    row('tokens', 'up_to_100', 50),
    row('generations', 'standard', 1),
  ]
  expect(kindsOf(usage, { meter: 'generations', days })).toEqual({
    by: 'quality',
    kinds: [
      { name: 'Standard', amount: 1, share: 0.25 },
      { name: 'HD', amount: 3, share: 0.75 },
    ],
  })
})

it('counts only the given days', () => {
  const usage = [row('generations', 'standard', 4), row('generations', 'standard', 9, '2026-11-28')]
  expect(kindsOf(usage, { meter: 'generations', days })?.kinds).toEqual([
    { name: 'Standard', amount: 4, share: 1 },
  ])
})

it('counts units without a known kind as other units', () => {
  const usage = [
    row('api_calls', 'other', 40),
    row('api_calls', 'constructor', 9),
    row('api_calls', 'in_glossary', 1),
  ]
  expect(kindsOf(usage, { meter: 'api_calls', days })?.kinds).toEqual([
    { name: 'In the glossary', amount: 1, share: 0.02 },
    { name: 'Other', amount: 49, share: 0.98 },
  ])
})

it('returns null for usage without known kinds', () => {
  expect(kindsOf([row('tokens', 'other', 900)], { meter: 'tokens', days })).toBeNull()
  expect(kindsOf([], { meter: 'tokens', days })).toBeNull()
})
