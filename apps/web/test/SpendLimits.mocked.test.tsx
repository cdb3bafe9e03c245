// @vitest-environment jsdom
import type { Budget } from '@metered/billing/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
import { SpendLimits } from '../src/billing/SpendLimits.tsx'
import type { Meter } from '../src/format/meters.ts'
import { answered } from './denied.ts'
import { show } from './show.tsx'

const { budgets, setBudget, removeBudget, refetch } = vi.hoisted(() => ({
  budgets: vi.fn(),
  setBudget: vi.fn(),
  removeBudget: vi.fn(),
  refetch: vi.fn(),
}))
vi.mock('../src/api/billing.ts', () => ({
  useBudgets: () => ({ isFetching: false, error: null, refetch, ...budgets() }),
  useSetBudget: () => ({ mutateAsync: setBudget }),
  useRemoveBudget: () => ({ mutate: removeBudget, isPending: false, isSuccess: false, error: null }),
}))
beforeEach(() => vi.resetAllMocks())

const aBudget = (changes: Partial<Budget<Meter>> = {}): Budget<Meter> => ({
  id: 'month generations',
  source: 'customer',
  scope: null,
  meter: 'generations',
  limit: 10,
  used: 4,
  held: 0,
  window: 'month',
  timeZone: 'America/Los_Angeles',
  mode: 'block',
  thresholds: [80, 100],
  resetsAt: Date.parse('2026-12-01T00:00-08:00'),
  ...changes,
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

it("shows each meter's monthly limit with its use and its reset", () => {
  showLimits({
    data: [
      aBudget({ held: 2 }),
      aBudget({ meter: 'tokens', used: 12, limit: 10 }),
      aBudget({ meter: 'api_calls', window: 'day' }),
    ],
  })
  expect([textOf('generations'), textOf('tokens'), textOf('api_calls')]).toEqual([
    'Pictures4 of 10 usedResets on 1 December.ChangeRemove',
    'Tokens12 of 10 usedNo more tokens until 1 December.ChangeRemove',
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
  const section = screen.getByRole('region', { name: 'Spend limits' })
  expect(section.getAttribute('aria-busy')).toBe('true')
  expect(within(section).queryAllByRole('button')).toEqual([])
})

it('offers to load the limits again after a failure', () => {
  showLimits({ data: undefined, error: answered(500) })
  expect(screen.getByText("Your spend limits can't be shown right now")).toBeDefined()
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(refetch).toHaveBeenCalledOnce()
})

it("sets a monthly limit in the browser's time zone, and reads the limits before it closes the form", async () => {
  showLimits({ data: [aBudget()] })
  const isEditing = () => row('generations').queryByRole('textbox') !== null
  refetch.mockImplementation(async () => expect(isEditing()).toBe(true))
  save('generations', '1,000')
  await waitFor(() => expect(isEditing()).toBe(false))
  expect(setBudget.mock.calls).toEqual([
    [{ meter: 'generations', limit: 1_000, window: 'month', timeZone: 'America/Los_Angeles' }],
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

it.each(['', '-1', '2.5', 'ten'])('explains that %j is no limit, and sends nothing', (text) => {
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
])('says before it is saved whether a limit of %s stops the work: %s', (limit, isStopped) => {
  showLimits({ data: [aBudget()] })
  fireEvent.click(row('generations').getByRole('button', { name: 'Change' }))
  fireEvent.change(row('generations').getByRole('textbox'), { target: { value: limit } })
  const note = "You've already used 4 pictures this month, so this limit stops new ones until 1 December."
  expect(row('generations').queryAllByText(note)).toHaveLength(isStopped ? 1 : 0)
})

it('removes a limit without a question, and moves the focus to the button that sets it again', () => {
  removeBudget.mockImplementation((_, { onSuccess }) => onSuccess())
  showLimits({ data: [aBudget()] })
  const remove = row('generations').getByRole('button', { name: 'Remove' })
  remove.focus()
  fireEvent.click(remove)
  expect(removeBudget.mock.calls[0]?.[0]).toEqual({ id: 'month generations' })
  expect(document.activeElement?.textContent).toBe('Change')
  expect(screen.getByText('You have no limit on pictures.')).toBeDefined()
})
