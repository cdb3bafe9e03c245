import { expect, it } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { creditParts, creditPartsText, extraText } from '../src/plans/creditParts.ts'
import { anOffer, free, onFree } from './anOffer.ts'

const renewsAt = Date.UTC(2026, 11, 28)
const rowOf = (row: { available: number; limit: number; adjusted?: number }) => {
  const [first] = onFree(row).balances
  if (!first) throw new Error('There is no row.')
  return { ...first, renewsAt }
}
const { plan } = onFree({ available: 0, limit: 0 })

it.each([
  [
    { available: 50, limit: 60 },
    { plan: 0, packs: 50, added: 0 },
  ],
  [
    { available: 55, limit: 60 },
    { plan: 5, packs: 50, added: 0 },
  ],
  [
    { available: 40, limit: 60 },
    { plan: 0, packs: 40, added: 0 },
  ],
  [
    { available: 55, limit: 65, adjusted: 5 },
    { plan: 0, packs: 50, added: 5 },
  ],
  [
    { available: 15, limit: 15, adjusted: 5 },
    { plan: 10, packs: 0, added: 5 },
  ],
  [
    { available: 3, limit: 65, adjusted: 5 },
    { plan: 0, packs: 0, added: 3 },
  ],
  [
    { available: 55, limit: 55, adjusted: -5 },
    { plan: 10, packs: 45, added: 0 },
  ],
  [{ available: 10, limit: 10 }, null],
  [{ available: 5, limit: 5, adjusted: -5 }, null],
  // A plan that starts during the period has a smaller grant.
  [{ available: 5, limit: 5 }, null],
])("uses the plan's units first, then the packs', then the operator's: %j", (row, parts) => {
  expect(creditParts(rowOf(row), [free], plan)).toEqual(parts)
})

it('says which units renew and which come from packs', () => {
  const day = formatDay(renewsAt)
  const row = rowOf({ available: 55, limit: 60 })
  expect(creditPartsText(row, [free], plan)).toBe(`5 renew on ${day}, 50 from packs`)
  expect(creditPartsText(row, [free], { ...plan, cancelsAt: renewsAt })).toBe(`5 until ${day}, 50 from packs`)
  expect(creditPartsText(rowOf({ available: 40, limit: 60 }), [free], plan)).toBe('40 from packs')
})

it('says “added by us” for units from an operator', () => {
  const day = formatDay(renewsAt)
  const text = (row: Parameters<typeof rowOf>[0]) => creditPartsText(rowOf(row), [free], plan)
  expect(text({ available: 65, limit: 65, adjusted: 5 })).toBe(
    `10 renew on ${day}, 50 from packs, 5 added by us`,
  )
  expect(text({ available: 11, limit: 15, adjusted: 5 })).toBe(`6 renew on ${day}, 5 added by us`)
})

it.each([
  [{ available: 65, limit: 65, adjusted: 5 }, '50 pictures from packs and 5 added by us'],
  [{ available: 51, limit: 60 }, '50 pictures from packs'],
  [{ available: 1, limit: 15, adjusted: 5 }, '1 picture added by us'],
  [{ available: 10, limit: 10 }, null],
])('names the sources of the credits that end with the plan: %j', (row, text) => {
  expect(extraText(rowOf(row), [free], plan)).toBe(text)
})

it("calls none of the Free plan's credits a pack while an unlimited plan is overdue", () => {
  const scale = anOffer({
    name: 'Scale',
    priceSlug: 'scale_monthly',
    isFree: false,
    grants: [],
    unlimited: ['generations'],
  })
  const overdue = {
    ...plan,
    name: 'Scale',
    priceSlug: 'scale_monthly',
    isFree: false,
    pastDue: { state: 'free' as const, since: 0, graceEndsAt: 1, upgradeUrl: '/billing' },
  }
  const row = rowOf({ available: 10, limit: 10 })
  expect(creditPartsText(row, [free, scale], overdue)).toBeNull()
  expect(extraText(row, [free, scale], overdue)).toBeNull()
})
