// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'
import { Subscription } from '../src/billing/Subscription.tsx'
import { free, onFree, pro } from './anOffer.ts'
import { aStatement } from './aStatement.ts'
import { show } from './show.tsx'

const { status, plan, statement, resume } = vi.hoisted(() => ({
  status: vi.fn(),
  plan: vi.fn(),
  statement: vi.fn(),
  resume: vi.fn(async () => {}),
}))
const answer = onFree({ available: 10, limit: 10 })

vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: { ...answer, plan: plan() }, isPending: false, error: null }),
  usePlan: () => ({ data: plan() }),
  usePlans: () => ({ data: [free, pro] }),
  useStatement: () => ({ data: statement() ?? aStatement() }),
  useBillingStatus: () => ({ data: status() }),
  useCancelPlan: () => ({}),
  useResumePlan: () => ({ mutateAsync: resume }),
}))
// The payment page needs Flowglad's provider, and a link needs the router.
vi.mock('../src/billing/PayNowButton.tsx', () => ({ PayNowButton: () => null }))
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ children }: { children: ReactNode }) => <a href="/pricing">{children}</a>,
}))

const onPro = { ...answer.plan, name: 'Pro', priceSlug: 'pro_monthly', isFree: false }
const renewsAt = Date.UTC(2027, 0, 30)
const labels = () => [...document.querySelectorAll('a, button')].map((it) => it.textContent)

it.each([
  ['a paid plan', onPro, ['Change plan', 'Cancel plan']],
  ['the Free plan', answer.plan, ['Upgrade']],
])('shows buttons to change %s only while Flowglad can be reached', (_, current, changes) => {
  plan.mockReturnValue(current)
  status.mockReturnValue({ current: true })
  show(<Subscription />)
  expect(labels()).toEqual(changes)
  status.mockReturnValue({ current: false })
  show(<Subscription />)
  expect(screen.getByTestId('subscription').textContent).toContain(current.name)
  expect(labels()).toEqual(['View plans'])
})

it('says before and after undoing a cancellation what the customer pays for the kept plan', async () => {
  const at = Date.UTC(2027, 0, 30, 12)
  const extra = { meter: 'generations', units: 1_500, amount: 200, unitPrice: 100, perUnits: 1_000 } as const
  const next = {
    at,
    currency: 'USD',
    plan: { name: 'Pro', amount: 2_000 },
    earlierUsage: [],
    total: 2_200,
    wasDiscounted: false,
  }
  const sum = '($20 plus $2 for 1,500 extra pictures).'
  const text = () => screen.getByTestId('subscription').textContent
  status.mockReturnValue({ current: true })
  plan.mockReturnValue({ ...onPro, status: 'cancellation_scheduled', cancelsAt: at })
  statement.mockReturnValue(aStatement({ overage: [extra] }))
  show(<Subscription />)
  expect(text()).toContain(`If you keep Pro, you'll pay $22 on 30 January ${sum}`)
  plan.mockReturnValue(onPro)
  statement.mockReturnValue(aStatement({ overage: [extra], next }))
  screen.getByRole('button', { name: 'Keep Pro' }).click()
  await waitFor(() => expect(text()).toContain(`You keep Pro. You'll pay $22 on 30 January 2027 ${sum}`))
  expect(text()).not.toContain('If you keep Pro')
})

it('does not say what keeping the plan costs while a payment is overdue', () => {
  const at = Date.UTC(2027, 0, 30, 12)
  const extra = { meter: 'generations', units: 1_500, amount: 200, unitPrice: 100, perUnits: 1_000 } as const
  const pastDue = { state: 'grace', since: 0, graceEndsAt: at, upgradeUrl: '/billing' }
  status.mockReturnValue({ current: true })
  plan.mockReturnValue({ ...onPro, status: 'cancellation_scheduled', cancelsAt: at, pastDue })
  statement.mockReturnValue(aStatement({ overage: [extra] }))
  show(<Subscription />)
  expect(screen.getByRole('button', { name: 'Keep Pro' })).toBeDefined()
  expect(screen.getByTestId('subscription').textContent).not.toContain("you'll pay")
})

it('shows “Cancel plan” while a downgrade is scheduled, but not after a cancellation', () => {
  status.mockReturnValue({ current: true })
  plan.mockReturnValue({ ...onPro, changesAt: renewsAt })
  show(<Subscription />)
  expect(labels()).toEqual(['Keep Pro', 'Cancel plan'])
  plan.mockReturnValue({ ...onPro, cancelsAt: renewsAt })
  show(<Subscription />)
  expect(labels()).toEqual(['Keep Pro'])
})

it('confirms that the customer keeps the plan after undoing a cancellation', async () => {
  status.mockReturnValue({ current: true })
  plan.mockReturnValue({ ...onPro, renewsAt, cancelsAt: renewsAt })
  resume.mockImplementation(async () => void plan.mockReturnValue({ ...onPro, renewsAt }))
  show(<Subscription />)
  expect(screen.getByRole('status').textContent).not.toContain('You keep Pro.')
  fireEvent.click(screen.getByText('Keep Pro'))
  await waitFor(() => expect(screen.getByRole('status').textContent).toMatch(/You keep Pro\.\s+Renews on/))
})
