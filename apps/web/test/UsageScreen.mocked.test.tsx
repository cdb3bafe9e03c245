// @vitest-environment jsdom
import { screen, within } from '@testing-library/react'
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
vi.mock('../src/usage/UsageCharts.tsx', () => ({
  UsageCharts: ({ usage, byKind }: Record<'usage' | 'byKind', unknown>) => (
    <p data-testid="charts">{JSON.stringify({ usage, byKind })}</p>
  ),
}))

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

it('shows the forecasts without additional requests', () => {
  usage.mockReturnValue(loading)
  const page = show(<UsageScreen />)
  expect(screen.queryByRole('article')).toBeNull()
  usage.mockReturnValue({ ...loading, data: usageOn(Date.now(), Array(14).fill(2)), isLoading: false })
  page.show(<UsageScreen />)
  expect(screen.getByRole('article').textContent).toContain("At this rate, you'll run out on")
  expect(new Set(usage.mock.calls.map(([range]) => JSON.stringify(range)))).toEqual(
    new Set(['{"days":60}', '{"by":"kind","days":31}']),
  )
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

/** Sets the responses to the requests for the usage by day and for the usage by kind. */
const answerWith = (byDay: object, byKind: object) =>
  usage.mockImplementation((range: object) => ('by' in range ? byKind : byDay))
const days = usageOn(Date.now(), [2])
const kinds = days.map((row) => ({ ...row, value: 'hd' }))
const loaded = (data: object) => ({ ...loading, data, isLoading: false, isFetching: false })
const section = () => within(screen.getByRole('region', { name: 'Last 30 days' }))

it('shows the charts only when the usage by kind has also arrived', async () => {
  answerWith(loaded(days), { ...loading, isFetching: true })
  const page = show(<UsageScreen />)
  await Promise.resolve()
  expect(section().queryByTestId('charts')).toBeNull()
  answerWith(loaded(days), loaded(kinds))
  page.show(<UsageScreen />)
  const charts = await section().findByTestId('charts')
  expect(charts.textContent).toBe(JSON.stringify({ usage: days, byKind: kinds }))
})

it('shows the charts without kinds after the first failure, and an error after the last retry fails', async () => {
  answerWith(loaded(days), { ...loading, isFetching: true, failureCount: 1 })
  const page = show(<UsageScreen />)
  const charts = await section().findByTestId('charts')
  expect(charts.textContent).toBe(JSON.stringify({ usage: days }))
  expect(section().queryByRole('status')).toBeNull()
  const refetch = vi.fn()
  answerWith(loaded(days), { ...failed, isFetching: false, refetch })
  page.show(<UsageScreen />)
  expect(section().getByTestId('charts')).toBe(charts)
  expect(section().getByRole('status').textContent).toContain(
    "The breakdown of your usage can't be shown right now",
  )
  section().getByRole('button', { name: 'Try again' }).click()
  expect(refetch).toHaveBeenCalledOnce()
  // While the retry runs, the charts and the notice stay.
  answerWith(loaded(days), { ...loading, isFetching: true, refetch })
  page.show(<UsageScreen />)
  expect(section().getByTestId('charts')).toBe(charts)
  expect(section().getByRole('status')).toBeTruthy()
})

it("does not show another period's kinds beside the charts", async () => {
  answerWith(loaded(days), { ...loaded(kinds), isPlaceholderData: true, isFetching: true, failureCount: 1 })
  show(<UsageScreen />)
  const charts = await section().findByTestId('charts')
  expect(charts.textContent).toBe(JSON.stringify({ usage: days }))
})

it('shows the charts without kinds if the browser went offline before the kinds arrived', async () => {
  answerWith(loaded(days), { ...loading, isLoading: false, isFetching: false })
  show(<UsageScreen />)
  expect(await section().findByTestId('charts')).toBeTruthy()
  expect(section().queryByRole('status')).toBeNull()
})
