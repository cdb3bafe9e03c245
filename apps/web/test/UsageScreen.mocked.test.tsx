// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, expect, it, vi } from 'vitest'
import { UsageScreen } from '../src/usage/UsageScreen.tsx'
import { onFree } from './anOffer.ts'
import { show } from './show.tsx'
import { usageOn } from './usageOn.ts'

const { usage } = vi.hoisted(() => ({ usage: vi.fn() }))
const answer = onFree({ available: 10, limit: 38 })

vi.mock('../src/account/SignedIn.tsx', () => ({
  SignedIn: ({ children }: { children: () => ReactNode }) => children(),
}))
vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: answer, error: null }),
  usePlan: () => ({ data: answer.plan }),
  usePlans: () => ({ data: [] }),
  useStatement: () => ({ data: undefined }),
  useUsage: (range: object) => usage(range),
}))
vi.mock('../src/plans/NextInvoice.tsx', () => ({ NextInvoice: () => null }))
vi.mock('../src/usage/ChargesTable.tsx', () => ({ ChargesTable: () => null }))
vi.mock('../src/usage/UsageCharts.tsx', () => ({ UsageCharts: () => null }))

const loading = { data: undefined, error: null, isLoading: true, failureCount: 0 }
const failed = { ...loading, error: new Error('500'), isLoading: false, failureCount: 1 }

beforeEach(() => {
  // jsdom has no ResizeObserver.
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  )
})

it("shows the cards with their forecasts, which need no request besides the chart's", () => {
  usage.mockReturnValue(loading)
  const page = show(<UsageScreen />)
  expect(screen.queryByRole('article')).toBeNull()
  usage.mockReturnValue({ ...loading, data: usageOn(Date.now(), Array(14).fill(2)), isLoading: false })
  page.show(<UsageScreen />)
  expect(screen.getByRole('article').textContent).toContain('At this rate, you run out on')
  expect(new Set(usage.mock.calls.map(([range]) => JSON.stringify(range)))).toEqual(new Set(['{"days":60}']))
})

it('shows the cards without forecasts if the usage fails to load', () => {
  usage.mockReturnValue({ ...loading, failureCount: 1 })
  const page = show(<UsageScreen />)
  expect(screen.getByRole('article').textContent).not.toContain('At this rate')
  usage.mockReturnValue(failed)
  page.show(<UsageScreen />)
  const card = screen.getByRole('article')
  usage.mockReturnValue(loading)
  page.show(<UsageScreen />)
  expect(screen.getByRole('article')).toBe(card)
})

it('shows the cards while the browser is offline', () => {
  usage.mockReturnValue({ ...loading, isLoading: false })
  show(<UsageScreen />)
  expect(screen.getByRole('article').textContent).toContain('28 of 38 used')
})
