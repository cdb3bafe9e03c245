// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { PlanCards } from '../src/plans/PlanCards.tsx'
import { free, pro } from './anOffer.ts'
import { show } from './show.tsx'

const { usage } = vi.hoisted(() => ({ usage: vi.fn() }))

vi.mock('../src/api/Session.tsx', () => ({ useUser: () => ({}) }))
vi.mock('../src/api/billing.ts', () => ({ usePlan: () => ({ data: undefined }), useUsage: () => usage() }))
vi.mock('../src/plans/PlanCard.tsx', () => ({ PlanCard: () => <input aria-label="A plan's state" /> }))

it('keeps the plans on the screen while the usage is requested again after a failure', () => {
  const plans = () => <PlanCards offers={[free, pro]} isAway={false} onChanged={() => {}} />
  usage.mockReturnValue({ error: new Error('offline'), isLoading: false, failureCount: 1 })
  const page = show(plans())
  const [first] = screen.getAllByLabelText("A plan's state")
  usage.mockReturnValue({ error: null, isLoading: true, failureCount: 0 })
  page.show(plans())
  expect(screen.getAllByLabelText("A plan's state")[0]).toBe(first)
})
