// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { formatDate } from '../src/format/format.ts'
import { NextInvoice } from '../src/plans/NextInvoice.tsx'
import { onFree } from './anOffer.ts'
import { aStatement, earlierUsage } from './aStatement.ts'
import { show } from './show.tsx'

const { statement, plan, error } = vi.hoisted(() => ({ statement: vi.fn(), plan: vi.fn(), error: vi.fn() }))

vi.mock('../src/api/billing.ts', () => ({
  usePlan: () => ({ data: plan() }),
  useStatement: () => ({ data: statement(), error: error() ?? null }),
}))

afterEach(() => vi.resetAllMocks())

const next = {
  at: Date.UTC(2026, 11, 28),
  currency: 'USD',
  plan: { name: 'Pro', amount: 2_000 },
  earlierUsage: [],
  total: 2_000,
  wasDiscounted: false,
}
const text = () => screen.getByRole('region', { name: 'Next invoice' }).textContent

it('says that an overdue amount is not part of the next invoice', () => {
  const overdue = { amount: 1_500, currency: 'USD', since: 0, retriesAt: null }
  statement.mockReturnValue(aStatement({ next, overdue }))
  show(<NextInvoice />)
  expect(text()).toContain("The overdue $15 isn't part of this invoice.")
})

it('lists the items only if the invoice has several items', () => {
  const day = formatDate(next.at)
  statement.mockReturnValue(aStatement({ next }))
  const { show: showAgain } = show(<NextInvoice />)
  expect(text()).toContain(`Next invoicePro, ${day}$20We'll charge`)
  const overage = [{ meter: 'api_calls', units: 1, amount: 100, unitPrice: 100, perUnits: 1_000 } as const]
  statement.mockReturnValue(aStatement({ next: { ...next, total: 2_100 }, overage }))
  showAgain(<NextInvoice key="again" />)
  expect(text()).toContain('Next invoicePro$201 look-up beyond your plan so far')
  expect(text()).toContain(`Due on ${day}$21`)
})

it('lists the maximum cost of extra usage from before a plan change', () => {
  statement.mockReturnValue(aStatement({ next: { ...next, earlierUsage: [earlierUsage] } }))
  show(<NextInvoice />)
  expect(text()).toContain(
    'Next invoicePro$20Up to 2,500 look-ups beyond Pro$1 per 1,000 or part of 1,000Up to $3',
  )
  expect(text()).toContain(`Due on ${formatDate(next.at)}Up to $23`)
})

it('mentions no overdue amount if everything is paid', () => {
  statement.mockReturnValue(aStatement({ next }))
  show(<NextInvoice />)
  expect(text()).not.toContain('overdue')
})

it('shows no placeholder while a failed request is retried', () => {
  plan.mockReturnValue({ ...onFree({ available: 0, limit: 1 }).plan, isFree: false })
  error.mockReturnValue(new Error('unavailable'))
  const { show: showAgain } = show(<NextInvoice className="frame" />)
  expect(document.querySelector('.frame')).toBeNull()
  // TanStack Query removes the error when a retry starts.
  error.mockReturnValue(null)
  showAgain(<NextInvoice className="frame" />)
  expect(document.querySelector('.frame')).toBeNull()
})
