// @vitest-environment jsdom

import type { PlanSummary } from '@metered/billing/client'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { formatDate, formatDay } from '../src/format/format.ts'
import { PlanEnds } from '../src/plans/PlanEnds.tsx'
import { ScheduledChange } from '../src/plans/ScheduledChange.tsx'
import { free, onFree, pro, scale } from './anOffer.ts'
import { aStatement } from './aStatement.ts'
import { show } from './show.tsx'

const { balances, offers, resume, unlimitedPacks } = vi.hoisted(() => ({
  balances: vi.fn(),
  offers: vi.fn(),
  resume: vi.fn(),
  unlimitedPacks: vi.fn(),
}))

const graceEndsAt = Date.UTC(2027, 0, 6)
const overdue = { amount: 9_900, currency: 'USD', since: 0, retriesAt: null }
const extra = { meter: 'api_calls', units: 1_204, amount: 200, unitPrice: 100, perUnits: 1_000 } as const

vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: balances() }),
  usePlan: () => ({ data: balances().plan }),
  usePlans: () => ({ data: offers() }),
  useStatement: () => ({ data: aStatement({ overdue, overage: [extra], unlimitedPacks: unlimitedPacks() }) }),
  useResumePlan: () => ({ mutateAsync: resume }),
}))
vi.mock('../src/api/Session.tsx', () => ({ useUser: () => ({}) }))

const onScale: PlanSummary = {
  ...onFree({ available: 0, limit: 0 }).plan,
  name: 'Scale',
  priceSlug: 'scale_monthly',
  isFree: false,
  renewsAt: Date.UTC(2027, 0, 30),
}
const unpaid = (state: 'grace' | 'free'): PlanSummary => ({
  ...onScale,
  status: 'past_due',
  pastDue: { state, since: 0, graceEndsAt, upgradeUrl: '/billing' },
})
const text = () => document.body.textContent

beforeEach(() => {
  unlimitedPacks.mockReturnValue([])
  offers.mockReturnValue([free, pro, scale])
  balances.mockReturnValue({ ...onFree({ available: 10, limit: 10 }), plan: onScale })
})

it('promises before a cancellation that nothing changes until the plan ends', () => {
  show(<PlanEnds plan={onScale} />)
  expect(text()).toContain('nothing will change')
  expect(text()).not.toContain('will be due')
})

it('says before a cancellation what the next plan lacks', () => {
  const hd = { slug: 'hd', name: 'HD pictures' }
  offers.mockReturnValue([free, { ...scale, unlimited: ['generations'], features: [hd] }])
  show(<PlanEnds plan={onScale} />)
  expect(text()).toContain('Free has 10 pictures a month instead of unlimited, and no HD pictures.')
})

it('says before a cancellation that extra units are billed only if the customer keeps the plan', () => {
  show(<PlanEnds plan={onScale} />)
  expect(text()).toContain("You'll pay for extra look-ups only if you keep Scale.")
})

it.each(['grace', 'free'] as const)(
  'says before a cancellation that the overdue amount is due only if the plan is kept: %s',
  (state) => {
    const plan = unpaid(state)
    balances.mockReturnValue({ ...onFree({ available: 10, limit: 10 }), plan })
    show(<PlanEnds plan={plan} />)
    expect(text()).toContain("We'll stop trying your card. $99 will be due only if you keep Scale.")
    expect(text()).not.toContain('nothing will change')
  },
)

it('says that pack credits end with an unlimited plan, and how to keep them', () => {
  const [row] = onFree({ available: 0, limit: 0 }).balances
  const unlimited = { ...row, available: null, limit: null, unlimited: true }
  balances.mockReturnValue({ plan: onScale, balances: [unlimited] })
  unlimitedPacks.mockReturnValue([{ meter: 'generations', units: 50 }])
  show(<PlanEnds plan={onScale} />)
  expect(text()).toContain("When Scale ends, you'll lose 50 pictures from packs.")
  expect(text()).toContain('To keep the credits from packs, downgrade to Pro instead.')
})

it('warns that pack credits end with the plan even while an overdue payment hides them', () => {
  const warning = 'their credits will end with Scale too'
  balances.mockReturnValue({ ...onFree({ available: 10, limit: 10 }), plan: unpaid('free') })
  show(<PlanEnds plan={unpaid('free')} />)
  expect(text()).toContain(warning)
  expect(text()).not.toContain('from packs')
  show(<PlanEnds plan={unpaid('grace')} />)
  expect(text()).not.toContain(warning)
})

it('advises the customer to use pack credits before the plan ends only if they stay usable until then', () => {
  const grants = [{ meter: 'generations' as const, name: 'Generations', amount: 10, renews: true }]
  offers.mockReturnValue([free, { ...scale, grants }])
  const advice = 'Use these credits before then.'
  const shownFor = (plan: PlanSummary) => {
    balances.mockReturnValue({ ...onFree({ available: 60, limit: 60 }), plan })
    show(<PlanEnds plan={plan} />)
    return text()
  }
  expect(shownFor(onScale)).toContain(advice)
  const overdueText = shownFor(unpaid('grace'))
  expect(overdueText).toContain(`your 50 pictures from packs until ${formatDay(graceEndsAt)}.`)
  expect(overdueText).not.toContain(advice)
  expect(overdueText).not.toContain("you'll lose")
})

const canceled = { cancelsAt: onScale.renewsAt, status: 'cancellation_scheduled' }
const changing = { changesAt: onScale.renewsAt }
const promise = 'You keep Scale and its credits until then.'

it.each([canceled, changing])(
  "says that the customer keeps a plan's credits until the plan ends: %j",
  (scheduled) => {
    balances.mockReturnValue({ plan: { ...onScale, ...scheduled } })
    show(<ScheduledChange />)
    expect(text()).toContain(promise)
  },
)

it('does not promise credits while an unpaid plan is scheduled to change', () => {
  balances.mockReturnValue({ plan: { ...unpaid('free'), ...changing } })
  show(<ScheduledChange />)
  expect(text()).toContain('Keep Scale')
  expect(text()).not.toContain(promise)
})

it('shows no notice about the end of an unpaid plan, because the payment notice mentions it', () => {
  balances.mockReturnValue({ plan: { ...unpaid('free'), ...canceled } })
  show(<ScheduledChange />)
  expect(screen.queryByRole('status')).toBeNull()
})

it('confirms when and for how much a kept plan renews', async () => {
  offers.mockReturnValue([free, { ...scale, unitPrice: 9_900 }])
  balances.mockReturnValue({ plan: { ...onScale, changesAt: onScale.renewsAt } })
  resume.mockImplementation(async () => balances.mockReturnValue({ plan: onScale }))
  show(<ScheduledChange />)
  fireEvent.click(screen.getByText('Keep Scale'))
  await waitFor(() =>
    expect(screen.getByRole('status').textContent).toBe(
      `You keep Scale Scale renews on ${formatDate(Date.UTC(2027, 0, 30))} for $99.`,
    ),
  )
})
