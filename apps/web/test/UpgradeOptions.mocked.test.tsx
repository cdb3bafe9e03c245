// @vitest-environment jsdom
import type { PlanSummary } from '@metered/billing/client'
import { screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'
import { UpgradeOptions } from '../src/plans/UpgradeOptions.tsx'
import { CreditsPanel } from '../src/studio/CreditsPanel.tsx'
import { free, onFree, pack, pro, scale } from './anOffer.ts'
import { show } from './show.tsx'

const { plan } = vi.hoisted(() => ({ plan: vi.fn() }))
const { plan: onFreePlan, balances } = onFree({ available: 10, limit: 10 })
const paid: PlanSummary = { ...onFreePlan, name: 'Pro', priceSlug: pro.priceSlug, isFree: false }
const unpaid: PlanSummary = {
  ...paid,
  pastDue: { state: 'grace', since: 0, graceEndsAt: Date.UTC(2026, 11, 6, 12), upgradeUrl: '/billing' },
}

vi.mock('../src/api/billing.ts', () => ({
  useBalance: () => ({ data: balances[0], isError: false, isPending: false }),
  useBalances: () => ({ data: { plan: plan(), balances } }),
  usePaywall: () => ({ state: 'approaching', percent: 95, critical: true }),
  usePlan: () => ({ data: plan() }),
  usePlans: () => ({ data: [free, pro, scale, pack] }),
  useStatement: () => ({}),
  useCheckout: () => ({}),
}))
// A link needs the router.
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ children }: { children: ReactNode }) => <a href="/pricing">{children}</a>,
}))

const options = () => [...screen.queryAllByRole('link'), ...screen.queryAllByRole('button')]

it('offers no upgrade and no pack while a renewal is unpaid, even in the grace period', () => {
  plan.mockReturnValue(paid)
  show(<UpgradeOptions meter="generations" />)
  expect(options().map((option) => option.textContent)).toEqual([
    'Upgrade to Scale · $99/month',
    'View plans',
    'Buy 50 more · $5',
  ])
  plan.mockReturnValue(unpaid)
  show(<UpgradeOptions meter="generations" />)
  expect(options().map((option) => option.textContent)).toEqual(['Go to billing'])
})

it('does not suggest an upgrade near the limit while a renewal is unpaid', () => {
  plan.mockReturnValue(unpaid)
  show(<CreditsPanel meter="generations" />)
  const notice = screen.getByTestId('usage-notice').textContent
  expect(notice).toContain("You're approaching your limit.")
  expect(notice).not.toMatch(/upgrad/i)
})
