import { expect, it } from 'vitest'
import { overageSoFar, pricePerText } from '../src/plans/overage.ts'
import { onFree } from './anOffer.ts'

const perThousand = { unitPrice: 100, perUnits: 1_000, currency: 'USD' }
function aRow(used: number, limit: number | null) {
  const [row] = onFree({ available: 0, limit: 10 }).balances
  if (!row) throw new Error('There is no row.')
  return { ...row, used, limit }
}

it('says that a part of 1,000 costs as much as 1,000', () => {
  expect(pricePerText(perThousand)).toBe('$1 per 1,000 or part of 1,000')
  expect(pricePerText({ ...perThousand, perUnits: 1 })).toBe('$1 each')
})

it.each([
  [10_001, 10_000, { units: 1, cost: '$1' }],
  [11_000, 10_000, { units: 1_000, cost: '$1' }],
  [11_001, 10_000, { units: 1_001, cost: '$2' }],
  [10_000, 10_000, null],
  [99, null, null],
])('rounds the cost of extra units up: %i of %s', (used, limit, soFar) => {
  expect(overageSoFar(aRow(used, limit), perThousand)).toEqual(soFar)
})
