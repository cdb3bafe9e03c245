// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'
import { Subscription } from '../src/billing/Subscription.tsx'
import { free, onFree, pro } from './anOffer.ts'
import { aStatement } from './aStatement.ts'
import { show } from './show.tsx'

const { status, plan } = vi.hoisted(() => ({ status: vi.fn(), plan: vi.fn() }))
const answer = onFree({ available: 10, limit: 10 })

vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: { ...answer, plan: plan() }, isPending: false, error: null }),
  usePlan: () => ({ data: plan() }),
  usePlans: () => ({ data: [free, pro] }),
  useStatement: () => ({ data: aStatement() }),
  useBillingStatus: () => ({ data: status() }),
  useCancelPlan: () => ({}),
}))
// The payment page needs Flowglad's provider, and a link needs the router.
vi.mock('../src/billing/PayNowButton.tsx', () => ({ PayNowButton: () => null }))
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ children }: { children: ReactNode }) => <a href="/pricing">{children}</a>,
}))

const onPro = { ...answer.plan, name: 'Pro', priceSlug: 'pro_monthly', isFree: false }
const labels = () => [...document.querySelectorAll('a, button')].map((it) => it.textContent)

it.each([
  ['a paid plan', onPro, ['Change plan', 'Cancel plan']],
  ['the Free plan', answer.plan, ['Upgrade']],
])('offers to change %s only while Flowglad can be reached', (_, current, changes) => {
  plan.mockReturnValue(current)
  status.mockReturnValue({ current: true })
  show(<Subscription />)
  expect(labels()).toEqual(changes)
  status.mockReturnValue({ current: false })
  show(<Subscription />)
  expect(screen.getByTestId('subscription').textContent).toContain(current.name)
  expect(labels()).toEqual(['View plans'])
})
