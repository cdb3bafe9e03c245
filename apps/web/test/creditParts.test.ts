import { expect, it } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { creditParts, creditPartsText } from '../src/plans/creditParts.ts'
import { free, onFree } from './anOffer.ts'

const renewsAt = Date.UTC(2026, 11, 28)
const rowOf = (row: { available: number; limit: number }) => {
  const [first] = onFree(row).balances
  if (!first) throw new Error('There is no row.')
  return { ...first, renewsAt }
}
const { plan } = onFree({ available: 0, limit: 0 })

it.each([
  [
    { available: 50, limit: 60 },
    { plan: 0, packs: 50 },
  ],
  [
    { available: 55, limit: 60 },
    { plan: 5, packs: 50 },
  ],
  [
    { available: 40, limit: 60 },
    { plan: 0, packs: 40 },
  ],
  [{ available: 10, limit: 10 }, null],
  // The plan began during the period, so its grant is smaller.
  [{ available: 5, limit: 5 }, null],
])("uses the plan's units before the packs': %j", (row, parts) => {
  expect(creditParts(rowOf(row), free)).toEqual(parts)
})

it('says which units renew and which come from packs', () => {
  const day = formatDay(renewsAt)
  const row = rowOf({ available: 55, limit: 60 })
  expect(creditPartsText(row, free, plan)).toBe(`5 renew on ${day}, 50 from packs`)
  expect(creditPartsText(row, free, { ...plan, cancelsAt: renewsAt })).toBe(`5 until ${day}, 50 from packs`)
  expect(creditPartsText(rowOf({ available: 40, limit: 60 }), free, plan)).toBe('40 from packs')
})
