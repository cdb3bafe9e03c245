import { expect, it } from 'vitest'
import { changeTo } from '../src/plans/changeTo.ts'
import { anOffer, free, pro } from './anOffer.ts'

const priced = (unitPrice: number, unit: 'month' | 'year' = 'month') =>
  anOffer({ unitPrice, isFree: false, interval: { unit, count: 1 } })

it.each([
  ['a plan that costs more', priced(9_900), { verb: 'Upgrade', isUpgrade: true }],
  ['a plan that costs less', priced(1_000), { verb: 'Downgrade', isUpgrade: false }],
  ['a plan that costs the same', priced(2_000), { verb: 'Switch', isUpgrade: true }],
  ['a yearly plan', priced(20_000, 'year'), { verb: 'Switch', isUpgrade: true }],
  ['the free plan', free, { verb: 'Downgrade', isUpgrade: false }],
])('says whether a change to %s takes effect now', (_, offer, expected) => {
  expect(changeTo(offer, pro)).toEqual(expected)
})
