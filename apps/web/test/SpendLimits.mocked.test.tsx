// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { SpendLimits } from '../src/billing/SpendLimits.tsx'
import type { Meter } from '../src/format/meters.ts'
import { aBudget, aMonth, anAlert } from './anAlert.ts'
import { answered } from './denied.ts'
import { show } from './show.tsx'

const { alerts, budgets, setBudget, removeBudget, refetch } = vi.hoisted(() => ({
  alerts: vi.fn(),
  budgets: vi.fn(),
  setBudget: vi.fn(),
  removeBudget: vi.fn(),
  refetch: vi.fn(),
}))
vi.mock('../src/api/billing.ts', () => ({
  useBudgets: () => ({ isFetching: false, error: null, refetch, ...budgets() }),
  useAlerts: () => ({ error: null, refetch, ...alerts() }),
  useSetBudget: () => ({ mutateAsync: setBudget }),
  useRemoveBudget: () => ({ mutate: removeBudget, isPending: false, isSuccess: false, error: null }),
}))
beforeEach(() => {
  vi.resetAllMocks()
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

function showLimits(query: object) {
  budgets.mockReturnValue(query)
  show(
    <QueryClientProvider client={new QueryClient()}>
      <SpendLimits />
    </QueryClientProvider>,
  )
}
const row = (meter: Meter) => within(screen.getByTestId(`limit-${meter}`))
const textOf = (meter: Meter) => screen.getByTestId(`limit-${meter}`).textContent

function save(meter: Meter, text: string) {
  fireEvent.click(row(meter).getByRole('button', { name: /^(Set a limit|Change)$/ }))
  fireEvent.change(row(meter).getByRole('textbox'), { target: { value: text } })
  fireEvent.click(row(meter).getByRole('button', { name: 'Save' }))
}

it("shows each meter's monthly limit with its usage and reset date", () => {
  showLimits({
    data: [
      aBudget({ held: 2 }),
      aBudget({ meter: 'tokens', used: 12, limit: 10, thresholds: [50, 80, 120] }),
      aBudget({ meter: 'api_calls', window: 'day' }),
      aBudget({ meter: 'api_calls', source: 'plan' }),
      aBudget({ meter: 'api_calls', scope: { dimension: 'member', value: 'ada' } }),
    ],
  })
  expect([textOf('generations'), textOf('tokens'), textOf('api_calls')]).toEqual([
    'Pictures4 of 10 usedResets on 1 December.Stops at the limit. Alerts at 80% and 100%.ChangeRemove',
    'Tokens12 of 10 usedNo more tokens until 1 December.Stops at the limit. Alerts at 50%, 80% and 120%.ChangeRemove',
    'Look-upsNo limitSet a limit',
  ])
  const bar = row('generations').getByRole('meter', { name: 'Pictures, monthly limit' })
  expect(bar.getAttribute('aria-valuetext')).toBe('4 of 10 used, 2 in progress')
})

it('fills the bar of a limit of 0', () => {
  showLimits({ data: [aBudget({ limit: 0, used: 0 })] })
  expect(row('generations').getByRole('meter').dataset.status).toBe('exhausted')
})

it('shows no buttons before the limits arrive', () => {
  showLimits({ data: undefined })
  const section = screen.getByRole('region', { name: 'Spend limits and alerts' })
  expect(section.getAttribute('aria-busy')).toBe('true')
  expect(within(section).queryAllByRole('button')).toEqual([])
})

it('lets the customer reload the limits after a failure', () => {
  showLimits({ data: undefined, error: answered(500) })
  expect(screen.getByText("Your spend limits can't be shown right now")).toBeDefined()
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(refetch).toHaveBeenCalledOnce()
})

it("sets a monthly limit in the browser's time zone, and refetches the limits before closing the form", async () => {
  showLimits({ data: [aBudget()] })
  const isEditing = () => row('generations').queryByRole('textbox') !== null
  refetch.mockImplementation(async () => expect(isEditing()).toBe(true))
  save('generations', '1,000')
  await waitFor(() => expect(isEditing()).toBe(false))
  expect(setBudget.mock.calls).toEqual([
    [
      {
        meter: 'generations',
        limit: 1_000,
        mode: 'block',
        thresholds: [80, 100],
        window: 'month',
        timeZone: 'America/Los_Angeles',
      },
    ],
  ])
  expect(refetch).toHaveBeenCalledOnce()
  expect(screen.getByText('Your limit is 1,000 pictures a month.')).toBeDefined()
  expect(document.activeElement?.textContent).toBe('Change')
})

it("counts the month in UTC if the server rejects the browser's time zone", async () => {
  setBudget.mockRejectedValueOnce(answered(400, { code: 'BAD_REQUEST' }))
  showLimits({ data: [] })
  save('tokens', '5')
  await waitFor(() => expect(row('tokens').queryByRole('textbox')).toBeNull())
  expect(setBudget.mock.calls.map(([budget]) => budget.timeZone)).toEqual(['America/Los_Angeles', 'UTC'])
})

it('keeps the form and explains the failure if a limit was not saved', async () => {
  setBudget.mockRejectedValue(answered(500))
  showLimits({ data: [] })
  save('tokens', '5')
  expect((await row('tokens').findByRole('alert')).textContent).toBe(
    'Something went wrong on our side. Your limits are unchanged. Try again.',
  )
  expect(setBudget).toHaveBeenCalledOnce()
  expect(row('tokens').getByRole<HTMLInputElement>('textbox').value).toBe('5')
})

it.each(['', '-1', '2.5', 'ten'])('rejects the limit %j with an explanation, and sends nothing', (text) => {
  showLimits({ data: [] })
  save('api_calls', text)
  const field = row('api_calls').getByRole('textbox', { name: 'Look-ups a month' })
  expect(row('api_calls').getByText('Enter a whole number, such as 500.')).toBeDefined()
  expect(field.getAttribute('aria-invalid')).toBe('true')
  expect(document.activeElement).toBe(field)
  expect(setBudget).not.toHaveBeenCalled()
})

it.each([
  ['4', true],
  ['5', false],
])('says before saving whether a limit of %s will stop new work: %s', (limit, isStopped) => {
  showLimits({ data: [aBudget()] })
  fireEvent.click(row('generations').getByRole('button', { name: 'Change' }))
  fireEvent.change(row('generations').getByRole('textbox'), { target: { value: limit } })
  const note = "You've already used 4 pictures this month, so this limit will stop new ones until 1 December."
  expect(row('generations').queryAllByText(note)).toHaveLength(isStopped ? 1 : 0)
})

it('removes a limit without confirmation, and moves the focus to the other button', () => {
  removeBudget.mockImplementation((_, { onSuccess }) => onSuccess())
  showLimits({ data: [aBudget()] })
  const remove = row('generations').getByRole('button', { name: 'Remove' })
  remove.focus()
  fireEvent.click(remove)
  expect(removeBudget.mock.calls[0]?.[0]).toEqual({ id: 'month generations' })
  expect(document.activeElement?.textContent).toBe('Change')
  expect(screen.getByText('You have no limit on pictures.')).toBeDefined()
})

it("saves a limit in the mode 'notify' without warning that it will stop work", async () => {
  showLimits({ data: [aBudget({ limit: 3 })] })
  fireEvent.click(row('generations').getByRole('button', { name: 'Change' }))
  expect(row('generations').getByText(/this limit will stop new ones/)).toBeDefined()
  fireEvent.click(row('generations').getByRole('radio', { name: 'Only tell me' }))
  expect(row('generations').queryByText(/this limit will stop new ones/)).toBeNull()
  fireEvent.click(row('generations').getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(setBudget).toHaveBeenCalledOnce())
  expect(setBudget.mock.calls[0]?.[0]).toMatchObject({ limit: 3, mode: 'notify' })
})

it("doesn't describe a limit in the mode 'notify' as stopping requests", () => {
  showLimits({ data: [aBudget({ used: 12, mode: 'notify', thresholds: [100] })] })
  expect(textOf('generations')).toBe(
    "Pictures12 of 10 usedResets on 1 December.Doesn't stop. Alerts at 100%.ChangeRemove",
  )
})

it('lists the alerts, newest first, and hides the older ones', () => {
  const at = Date.parse('2026-11-30T20:05Z')
  const limit = { budget: aMonth, limit: 5 }
  const raised = [
    anAlert({ id: '1', at, ...limit, threshold: 100, used: 5 }),
    anAlert({ id: '2', at: at - 1, ...limit, used: 5 }),
    anAlert({ id: '3', at: at - 60_000, ...limit, threshold: 60, used: 3 }),
    anAlert({ id: '4', at: at - 120_000, meter: 'tokens', used: 1_600, limit: 2_000 }),
    anAlert({ id: '5', at: at - 180_000, meter: 'api_calls', used: 80, limit: 100 }),
  ]
  alerts.mockReturnValue({ data: raised })
  showLimits({ data: [] })
  const items = () =>
    screen
      .getAllByRole('listitem')
      .map((it) => it.textContent)
      .slice(3)
  const newest = [
    "You've reached your limit of 5 pictures a month (5 of 5 pictures)30 Nov 2026, 12:05",
    "You've used 60% of your limit of 5 pictures a month (3 of 5 pictures)30 Nov 2026, 12:04",
    "You've used 80% of your tokens (1,600 of 2,000 tokens)30 Nov 2026, 12:03",
  ]
  expect(items()).toEqual(newest)
  fireEvent.click(screen.getByRole('button', { name: 'Show 1 older alert' }))
  expect(items()).toEqual([
    ...newest,
    "You've used 80% of your look-ups (80 of 100 look-ups)30 Nov 2026, 12:02",
  ])
  fireEvent.click(screen.getByRole('button', { name: 'Show fewer alerts' }))
  expect(items()).toEqual(newest)
})

it('lets the customer reload the alerts after a failure', () => {
  alerts.mockReturnValue({ data: undefined, error: answered(500) })
  showLimits({ data: [] })
  expect(screen.getByText("Your alerts can't be shown right now")).toBeDefined()
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(refetch).toHaveBeenCalledOnce()
})
