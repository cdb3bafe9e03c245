import { describe, expect, it } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import {
  creditParts,
  creditPartsText,
  extraText,
  needsStatement,
  settledText,
  unlimitedPacksText,
  unpaidText,
} from '../src/plans/creditParts.ts'
import { anOffer, free, onFree, pro, scale } from './anOffer.ts'
import { aPayment, aPlanChange, aStatement } from './aStatement.ts'

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
  expect(creditParts(rowOf(row), [free], plan, undefined)).toEqual(parts)
})

it('says how many units come from the plan and from packs, and when the plan renews its credits', () => {
  const day = formatDay(renewsAt)
  const row = rowOf({ available: 55, limit: 60 })
  expect(creditPartsText(row, [free], plan, undefined)).toBe(
    `5 from your plan, 50 from packs. Plan credits renew on ${day}`,
  )
  expect(creditPartsText(row, [free], { ...plan, cancelsAt: renewsAt }, undefined)).toBe(
    `5 from your plan, 50 from packs, until ${day}`,
  )
  expect(creditPartsText(rowOf({ available: 40, limit: 60 }), [free], plan, undefined)).toBe(
    `40 from packs. Plan credits renew on ${day}`,
  )
})

it('says “added by us” for units from an operator', () => {
  const day = formatDay(renewsAt)
  const text = (row: Parameters<typeof rowOf>[0]) => creditPartsText(rowOf(row), [free], plan, undefined)
  expect(text({ available: 65, limit: 65, adjusted: 5 })).toBe(
    `10 from your plan, 50 from packs, 5 added by us. Plan credits renew on ${day}`,
  )
  expect(text({ available: 11, limit: 15, adjusted: 5 })).toBe(
    `6 from your plan, 5 added by us. Plan credits renew on ${day}`,
  )
})

it.each([
  [{ available: 65, limit: 65, adjusted: 5 }, '50 pictures from packs and 5 added by us'],
  [{ available: 51, limit: 60 }, '50 pictures from packs'],
  [{ available: 1, limit: 15, adjusted: 5 }, '1 picture added by us'],
  [{ available: 10, limit: 10 }, null],
])('names the sources of the credits that expire with the plan: %j', (row, text) => {
  expect(extraText(rowOf(row), [free], plan, undefined)).toBe(text)
})

it("does not attribute the Free plan's credits to a pack while an unlimited plan is overdue", () => {
  const overdue = {
    ...plan,
    name: 'Scale',
    priceSlug: 'scale_monthly',
    isFree: false,
    pastDue: { state: 'free' as const, since: 0, graceEndsAt: 1, upgradeUrl: '/billing' },
  }
  const row = rowOf({ available: 10, limit: 10 })
  expect(creditPartsText(row, [free, scale], overdue, undefined)).toBeNull()
  expect(extraText(row, [free, scale], overdue, undefined)).toBeNull()
})

describe('on an unlimited plan', () => {
  const onScale = { ...plan, name: 'Scale', priceSlug: 'scale_monthly', isFree: false, renewsAt }
  const row = { ...rowOf({ available: 0, limit: 0 }), available: null, limit: null, unlimited: true }
  const statement = aStatement({ unlimitedPacks: [{ meter: 'generations', units: 50 }] })
  const offers = [free, pro, scale]

  it('names the units from packs that end with the plan', () => {
    expect(extraText(row, offers, onScale, statement)).toBe('50 pictures from packs')
    expect(extraText(row, offers, onScale, aStatement())).toBeNull()
  })

  it('names the plan that lets the customer keep the units from packs', () => {
    expect(unlimitedPacksText(row, offers, onScale, statement)).toBe(
      "50 from packs. You'll keep them if you downgrade to Pro, but pictures on Scale also use them up.",
    )
    expect(unlimitedPacksText(row, [free, scale], onScale, statement)).toBe(
      '50 from packs. Pictures on Scale also use them up.',
    )
    expect(unlimitedPacksText(row, offers, { ...onScale, cancelsAt: renewsAt }, statement)).toBe(
      `50 from packs until ${formatDay(renewsAt)}.`,
    )
    expect(unlimitedPacksText(row, offers, onScale, aStatement())).toBeNull()
  })
})

describe('on a paid plan', () => {
  const paid = anOffer({ name: 'Paid', priceSlug: 'paid', isFree: false })
  const onPaid = { ...plan, name: 'Paid', priceSlug: 'paid', isFree: false, renewsAt }
  const prorated = aStatement({ prorated: [{ meter: 'generations', granted: 6, regular: 10 }] })
  const renewal = aPayment({
    items: [
      { kind: 'plan', name: 'Paid', from: 0, to: renewsAt, prorated: false, amount: 2_000 },
      { kind: 'overage', meter: 'generations', plan: 'Pro', units: 7, amount: 100 },
    ],
  })
  const settled = aStatement({ payments: [renewal] })
  const includes = "Includes 7 extra pictures from your last period, which you've paid for."

  it('counts all units of a pack when the plan has a smaller grant in its first period', () => {
    const row = rowOf({ available: 54, limit: 56 })
    expect(creditParts(row, [paid], onPaid, prorated)).toEqual({ plan: 4, packs: 50, added: 0 })
    expect(extraText(row, [paid], onPaid, prorated)).toBe('50 pictures from packs')
  })

  it("ignores the plan's smaller grant while only the Free plan's credits are left", () => {
    const overdue = {
      ...onPaid,
      pastDue: { state: 'free' as const, since: 0, graceEndsAt: 1, upgradeUrl: '/billing' },
    }
    expect(creditParts(rowOf({ available: 10, limit: 10 }), [free, paid], overdue, prorated)).toBeNull()
  })

  it('does not treat paid extra units as units from packs', () => {
    const row = rowOf({ available: 10, limit: 17 })
    expect(creditParts(row, [paid], onPaid, settled)).toBeNull()
    expect(settledText(row, [paid], onPaid, settled)).toBe(includes)
    const withPack = rowOf({ available: 60, limit: 67 })
    expect(creditParts(withPack, [paid], onPaid, settled)).toEqual({ plan: 10, packs: 50, added: 0 })
    expect(settledText(withPack, [paid], onPaid, settled)).toBe(includes)
  })

  it('does not treat extra units from a plan change as units from packs or from the last period', () => {
    const change = aPayment({
      items: [
        aPlanChange({ to: 'Paid', until: renewsAt }),
        { kind: 'overage', meter: 'generations', plan: 'Pro', units: 7, amount: 100 },
      ],
    })
    const statement = { ...prorated, payments: [change] }
    const row = rowOf({ available: 6, limit: 13 })
    expect(creditParts(row, [paid], onPaid, statement)).toBeNull()
    expect(settledText(row, [paid], onPaid, statement)).toBe(
      "Includes 7 extra pictures that you've paid for.",
    )
  })

  it.each([
    ['the statement lists no payment', aStatement()],
    ['the payment was declined', aStatement({ payments: [{ ...renewal, status: 'failed' as const }] })],
    [
      'the payment was for an earlier period',
      aStatement({ payments: [{ ...renewal, items: earlierItems(renewal) }] }),
    ],
    ['there is no statement', undefined],
  ])('does not mention extra units if %s', (_, statement) => {
    expect(settledText(rowOf({ available: 10, limit: 17 }), [paid], onPaid, statement)).toBeNull()
  })

  it('does not mention extra units if the balance started without them', () => {
    expect(settledText(rowOf({ available: 10, limit: 10 }), [paid], onPaid, settled)).toBeNull()
  })

  it('explains the extra units of the last period that the overdue payment includes', () => {
    const row = { ...rowOf({ available: 3, limit: 10 }), used: 7 }
    const pastDue = { since: 0, graceEndsAt: 1, upgradeUrl: '/billing' }
    const grace = { ...onPaid, pastDue: { ...pastDue, state: 'grace' as const } }
    const attempt = { ...renewal, status: 'failed' as const }
    const declined = aStatement({ payments: [attempt, attempt] })
    expect(needsStatement(row, [paid], grace)).toBe(true)
    expect(unpaidText(row, grace, declined)).toBe(
      "Includes 7 extra pictures from your last period. When you pay, they'll no longer reduce this period's pictures.",
    )
    expect(unpaidText(row, { ...grace, pastDue: { ...pastDue, state: 'free' } }, declined)).toBeNull()
    expect(unpaidText(row, onPaid, declined)).toBeNull()
    expect(unpaidText(row, grace, settled)).toBeNull()
  })

  it('needs the statement only if the limit differs from the grant of a paid plan', () => {
    expect(needsStatement(rowOf({ available: 10, limit: 17 }), [paid], onPaid)).toBe(true)
    expect(needsStatement(rowOf({ available: 5, limit: 5 }), [paid], onPaid)).toBe(true)
    expect(needsStatement(rowOf({ available: 10, limit: 10 }), [paid], onPaid)).toBe(false)
    expect(needsStatement(rowOf({ available: 55, limit: 60 }), [free], plan)).toBe(false)
  })

  it('says how long the units of an unpaid plan and of packs last', () => {
    const graceEndsAt = renewsAt - 20 * 86_400_000
    const unpaid = {
      ...onPaid,
      pastDue: { state: 'grace' as const, since: 0, graceEndsAt, upgradeUrl: '/billing' },
    }
    expect(creditPartsText(rowOf({ available: 55, limit: 60 }), [paid], unpaid, undefined)).toBe(
      `5 from your plan, 50 from packs, until ${formatDay(graceEndsAt)} unless you pay`,
    )
  })
})

function earlierItems({ items }: ReturnType<typeof aPayment>) {
  return items.map((item) => (item.kind === 'plan' ? { ...item, to: 0 } : item))
}
