// @vitest-environment jsdom
import type { BalanceRow, UsageDay } from '@metered/billing/client'
import { screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Meter } from '../src/format/meters.ts'
import { MeterCard } from '../src/usage/MeterCard.tsx'
import { anOffer, onFree } from './anOffer.ts'
import { aPayment, aStatement } from './aStatement.ts'
import { show } from './show.tsx'
import { usageOn } from './usageOn.ts'

const { current, offers, statement } = vi.hoisted(() => ({
  current: vi.fn(),
  offers: vi.fn(),
  statement: vi.fn(),
}))
const renewsAt = Date.UTC(2026, 11, 30, 12)
const paid = anOffer({ name: 'Paid', priceSlug: 'paid', isFree: false })
const { plan, balances } = onFree({ available: 10, limit: 17 })
const onPaid = { ...plan, name: 'Paid', priceSlug: 'paid', isFree: false, renewsAt }

vi.mock('../src/api/billing.ts', () => ({
  usePlan: () => ({ data: current() }),
  usePlans: () => ({ data: offers() }),
  useStatement: () => ({ data: statement() }),
}))

beforeEach(() => void offers.mockReturnValue([paid]))
afterEach(() => void vi.useRealTimers())

function showCard(changes: Partial<BalanceRow<Meter>> = {}, usage?: UsageDay<Meter>[]) {
  const [row] = balances
  if (!row) throw new Error('There is no row.')
  show(<MeterCard row={{ ...row, renewsAt, ...changes }} usage={usage} />)
  return screen.getByRole('article').textContent
}

it('says when the credits of an unpaid plan expire', () => {
  const pastDue = { state: 'grace', since: 0, graceEndsAt: Date.UTC(2026, 11, 6, 12), upgradeUrl: '/billing' }
  current.mockReturnValue({ ...onPaid, pastDue })
  statement.mockReturnValue(aStatement())
  expect(showCard()).toContain('Ends unless paid6 Dec 2026')
})

it('explains the extra units that are included in the balance, once the statement has arrived', () => {
  current.mockReturnValue(onPaid)
  statement.mockReturnValue(undefined)
  expect(showCard()).not.toContain('from packs')
  const items = [
    { kind: 'plan' as const, name: 'Paid', from: 0, to: renewsAt, prorated: false, amount: 2_000 },
    { kind: 'overage' as const, meter: 'generations' as const, plan: 'Pro', units: 7, amount: 100 },
  ]
  statement.mockReturnValue(aStatement({ payments: [aPayment({ items })] }))
  expect(showCard()).toContain("Includes 7 extra pictures from your last period, which you've paid for.")
  expect(showCard()).not.toContain('from packs')
})

it('shows no renewal date for an unlimited meter', () => {
  current.mockReturnValue(onPaid)
  statement.mockReturnValue(aStatement())
  expect(showCard()).toContain('Renews')
  expect(showCard({ available: null, limit: null, unlimited: true })).toMatch(/LeftUnlimited$/)
})

it('explains the extra units that an unpaid renewal includes', () => {
  const pastDue = { state: 'grace', since: 0, graceEndsAt: Date.UTC(2026, 11, 6, 12), upgradeUrl: '/billing' }
  current.mockReturnValue({ ...onPaid, pastDue })
  const items = [
    { kind: 'plan' as const, name: 'Paid', from: 0, to: renewsAt, prorated: false, amount: 2_000 },
    { kind: 'overage' as const, meter: 'generations' as const, plan: 'Paid', units: 5, amount: 100 },
  ]
  statement.mockReturnValue(aStatement({ payments: [aPayment({ status: 'failed', items })] }))
  expect(showCard()).toContain('Includes 5 extra pictures from your last period. When you pay,')
})

it('names the units left from packs on an unlimited meter', () => {
  current.mockReturnValue(onPaid)
  statement.mockReturnValue(aStatement({ unlimitedPacks: [{ meter: 'generations', units: 50 }] }))
  expect(showCard({ available: null, limit: null })).toContain('50 from packs.')
})

it('shows when the units run out, and the average behind this forecast', () => {
  current.mockReturnValue(onPaid)
  statement.mockReturnValue(aStatement())
  vi.setSystemTime(Date.UTC(2026, 11, 10, 20))
  const usage = usageOn(Date.now(), Array(14).fill(2))
  expect(showCard({}, usage)).toContain(
    "At this rate, you'll run out on 15 December. Last 14 days: about 2 pictures a day.",
  )
  expect(showCard({ available: null, limit: null, unlimited: true }, usage)).not.toContain('rate')
  expect(showCard({})).not.toContain('rate')
})

it('shows when the customer starts to pay for extra units', () => {
  current.mockReturnValue(onPaid)
  statement.mockReturnValue(aStatement())
  vi.setSystemTime(Date.UTC(2026, 11, 10, 20))
  offers.mockReturnValue([
    { ...paid, overage: [{ meter: 'generations', unitPrice: 5, perUnits: 1, currency: 'USD' }] },
  ])
  expect(showCard({}, usageOn(Date.now(), Array(14).fill(2)))).toContain(
    "At this rate, you'll start to pay for extra pictures on 15 December.",
  )
})

it('promises the regular grant after a prorated one only if the plan renews', () => {
  const prorated = [{ meter: 'generations' as const, granted: 300, regular: 500 }]
  statement.mockReturnValue(aStatement({ prorated }))
  current.mockReturnValue(onPaid)
  expect(showCard()).toMatch(/300 pictures this period, prorated\. 500 from/)
  for (const scheduled of [{ cancelsAt: renewsAt }, { changesAt: renewsAt }]) {
    current.mockReturnValue({ ...onPaid, ...scheduled })
    expect(showCard()).not.toContain('500 from')
  }
})
