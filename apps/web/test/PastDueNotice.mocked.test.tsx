// @vitest-environment jsdom
import { fireEvent, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { formatDate } from '../src/format/format.ts'
import { PastDueNotice } from '../src/shell/PastDueNotice.tsx'
import { free, onFree } from './anOffer.ts'
import { aStatement } from './aStatement.ts'
import { show } from './show.tsx'

const { plan, resume } = vi.hoisted(() => ({ plan: vi.fn(), resume: vi.fn() }))
const overdue = { amount: 2_000, currency: 'USD', since: 0, retriesAt: null }

vi.mock('@tanstack/react-router', () => ({ useLocation: () => ({ pathname: '/pricing' }) }))
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ to }: { to: string }) => <a href={to}>{to}</a>,
}))
vi.mock('../src/plans/LazyPaymentButton.tsx', () => ({
  LazyPaymentButton: ({ label }: { label: string }) => <button type="button">{label}</button>,
}))
vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: undefined }),
  usePlan: () => ({ data: plan() }),
  usePlans: () => ({ data: [free] }),
  useStatement: () => ({ data: aStatement({ overdue }) }),
  useResumePlan: () => ({ mutateAsync: resume }),
}))

const onPro = {
  ...onFree({ available: 0, limit: 0 }).plan,
  name: 'Pro',
  isFree: false,
  pastDue: { state: 'free', since: 0, graceEndsAt: null, upgradeUrl: '/billing' },
}

it('says when a canceled unpaid plan ends, and lets the customer keep it', () => {
  const cancelsAt = Date.UTC(2027, 0, 30)
  resume.mockResolvedValue({})
  plan.mockReturnValue({ ...onPro, cancelsAt })
  show(<PastDueNotice />)
  expect(screen.getByRole('status').textContent).toContain(
    `$20 is due only if you keep Pro. You have the Free plan's credits until you pay. To get Pro and all its credits back, choose “Keep Pro” first, then pay. Pro ends on ${formatDate(cancelsAt)}, and Free starts.`,
  )
  fireEvent.click(screen.getByRole('button', { name: 'Keep Pro' }))
  expect(resume).toHaveBeenCalledOnce()
})

it('shows a payment button for an unpaid plan that renews', () => {
  plan.mockReturnValue(onPro)
  show(<PastDueNotice />)
  expect(screen.getByRole('status').textContent).not.toContain('ends on')
  expect(screen.getAllByRole('button').map((button) => button.textContent)).toEqual(['Pay now'])
})
