// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { PackCard } from '../src/plans/PackCard.tsx'
import { free, onFree, pack } from './anOffer.ts'
import { show } from './show.tsx'

const { answer } = vi.hoisted(() => ({ answer: vi.fn() }))
const balances = onFree({ available: 10, limit: 10 })

vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: answer() }),
  usePlans: () => ({ data: [free, pack] }),
  useCheckout: () => useMutation({ mutationFn: vi.fn() }),
}))
vi.mock('../src/api/Session.tsx', () => ({ useUser: () => ({}), awaitsVerification: () => false }))

function textOf(given: object) {
  answer.mockReturnValue({ ...balances, ...given })
  show(
    <QueryClientProvider client={new QueryClient()}>
      <PackCard pack={pack} isAway={false} />
    </QueryClientProvider>,
  )
  return screen.getByRole('article').textContent
}

it('says before the purchase that the customer chooses the card at checkout', () => {
  expect(textOf({})).toContain('You choose the card at checkout.')
  expect(screen.getByRole('button', { name: 'Buy 50 pictures · $5' })).toBeDefined()
})

it("says when a pack's credits expire, depending on the customer's plan", () => {
  const pro = { ...balances.plan, name: 'Pro', isFree: false }
  const cancelsAt = Date.UTC(2026, 11, 28)
  expect(textOf({})).toContain('Pack credits end if you upgrade.')
  expect(textOf({ plan: pro })).toContain('Pack credits end with Pro if you cancel it.')
  expect(textOf({ plan: { ...pro, cancelsAt } })).toContain(
    `Pack credits end with Pro on ${formatDay(cancelsAt)}.`,
  )
})

it('does not explain a pack that the plan makes useless', () => {
  const [row] = balances.balances
  expect(textOf({ balances: [{ ...row, unlimited: true }] })).toMatch(
    /paid once\.Free already includes unlimited/,
  )
})

it('does not sell a pack that could end with an unpaid plan', () => {
  const pastDue = { state: 'grace', since: 0, graceEndsAt: Date.UTC(2026, 11, 6, 12), upgradeUrl: '/billing' }
  const unpaid = { ...balances.plan, name: 'Pro', isFree: false, pastDue }
  expect(textOf({ plan: unpaid })).toMatch(
    /Pay for Pro first. If you don't pay, pack credits will end with Pro\.$/,
  )
  expect(screen.queryByRole('button')).toBeNull()
  const cancelsAt = Date.UTC(2026, 11, 28)
  const text = textOf({ plan: { ...unpaid, cancelsAt } })
  expect(text).toMatch(
    /don't renew\.Keep Pro and pay for it first\. If you don't pay, pack credits will end with Pro\.$/,
  )
})
