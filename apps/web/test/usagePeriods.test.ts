import { expect, it } from 'vitest'
import { usageOf } from '../src/usage/usagePeriods.ts'

it("returns a meter's daily usage and the previous period's total", () => {
  const usage = [
    { day: '2026-11-23', meter: 'generations', amount: 100 },
    { day: '2026-11-24', meter: 'generations', amount: 7 },
    { day: '2026-11-26', meter: 'generations', amount: 2 },
    { day: '2026-11-27', meter: 'generations', amount: 4 },
    { day: '2026-11-29', meter: 'generations', amount: 1 },
    { day: '2026-11-29', meter: 'tokens', amount: 900 },
  ] as const
  const now = Date.parse('2026-11-29T23:59:59Z')
  expect(usageOf([...usage], { meter: 'generations', length: 3, now })).toEqual({
    days: [
      { day: '2026-11-27', amount: 4 },
      { day: '2026-11-28', amount: 0 },
      { day: '2026-11-29', amount: 1 },
    ],
    total: 5,
    totalBefore: 9,
  })
})
