// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { PlanAction } from '../src/plans/PlanAction.tsx'
import { anOffer, free, onFree, pro } from './anOffer.ts'
import { aStatement } from './aStatement.ts'
import { show } from './show.tsx'

const { balances, statement } = vi.hoisted(() => ({ balances: vi.fn(), statement: vi.fn() }))
const scale = anOffer({ name: 'Scale', priceSlug: 'scale_monthly', unitPrice: 9_900, isFree: false })

vi.mock('../src/api/Session.tsx', () => ({ useUser: () => ({}), awaitsVerification: () => false }))
vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: balances() }),
  usePlans: () => ({ data: [free, pro, scale] }),
  useStatement: () => ({ data: statement() }),
  useChangePreview: () => ({}),
  useChangePlan: () => ({}),
}))

/** Shows Scale's button to a customer whose renewal of Pro is unpaid. */
function showScale(cancelsAt: number | null = null) {
  const answer = onFree({ available: 10, limit: 10 })
  const pastDue = { state: 'grace', since: 0, graceEndsAt: 1, upgradeUrl: '/billing' } as const
  balances.mockReturnValue({
    ...answer,
    asOf: 1,
    plan: { ...answer.plan, name: 'Pro', priceSlug: 'pro_monthly', isFree: false, cancelsAt, pastDue },
  })
  statement.mockReturnValue(
    aStatement({ overdue: { amount: 2_000, currency: 'USD', since: 0, retriesAt: null } }),
  )
  show(
    <article>
      <PlanAction offer={scale} isCurrent={false} isPreferred={false} isAway={false} onChanged={() => {}} />
    </article>,
  )
  const buttons = screen.queryAllByRole('button').map((button) => button.textContent)
  return { text: screen.getByRole('article').textContent, buttons }
}

it('asks the customer to pay an unpaid renewal before a plan change, but shows no second “Pay now”', () => {
  expect(showScale()).toEqual({
    text: 'Pay $20 for Pro first, then you can change your plan.',
    buttons: [],
  })
})

it('shows instructions instead of a button while an unpaid plan is scheduled to end', () => {
  expect(showScale(1_000)).toEqual({
    text: 'Keep Pro and pay for it first, then you can change your plan.',
    buttons: [],
  })
})

it('names no price beside the renewal date, because extra units can raise the next payment', () => {
  const answer = onFree({ available: 10, limit: 10 })
  const renewsAt = Date.UTC(2027, 0, 30, 12)
  balances.mockReturnValue({
    ...answer,
    asOf: 1,
    plan: { ...answer.plan, name: 'Pro', isFree: false, renewsAt },
  })
  show(<PlanAction offer={pro} isCurrent isPreferred={false} isAway={false} onChanged={() => {}} />)
  expect(screen.getByText(/^Renews/).textContent).toBe('Renews on 30 January')
})
