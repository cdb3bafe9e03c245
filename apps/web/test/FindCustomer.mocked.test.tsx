// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useIsFetching, useMutation, useQuery } from '@tanstack/react-query'
import { act, fireEvent, screen, within } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { FindCustomer } from '../src/operator/FindCustomer.tsx'
import { show } from './show.tsx'

const { find, parked } = vi.hoisted(() => ({ find: vi.fn(), parked: vi.fn() }))

vi.mock('../src/api/trpc.ts', () => ({
  trpc: {
    operator: {
      find: { useMutation: () => useMutation({ mutationFn: find }) },
      parked: { useQuery: () => useQuery({ queryKey: ['parked'], queryFn: parked, retry: false }) },
    },
  },
}))
vi.mock('../src/operator/DownloadActs.tsx', () => ({ DownloadActs: () => null }))

const retry = (title: string) => {
  const [section] = screen.getAllByRole('status').filter((it) => it.textContent?.includes(title))
  if (!section) throw new Error(`There is no notice ${title}.`)
  act(() => within(section).getByRole('button', { name: 'Try again' }).click())
}
const Fetching = () => useIsFetching() > 0 && <p>Fetching</p>

const showScreen = () =>
  show(
    <QueryClientProvider client={new QueryClient()}>
      <FindCustomer />
      <Fetching />
    </QueryClientProvider>,
  )
/** Makes the request fail once. The retry returns no rows, after the test calls `returnRows`. */
function failOnce(answer: typeof find) {
  let resolve = (_: unknown[]) => {}
  const promise = new Promise<unknown[]>((done) => {
    resolve = done
  })
  answer.mockRejectedValueOnce(new Error('away')).mockReturnValueOnce(promise)
  return { returnRows: () => resolve([]) }
}

it('shows that the rejected events failed to load until a retry succeeds', async () => {
  const { returnRows } = failOnce(parked)
  showScreen()
  await screen.findByText("The rejected events can't be shown right now")
  retry('The rejected events')
  await screen.findByText('Fetching')
  expect(screen.getByText("The rejected events can't be shown right now")).toBeDefined()
  returnRows()
  await screen.findByText('No rejected events.')
})

it('shows that a search failed until a retry succeeds', async () => {
  parked.mockResolvedValue([])
  const { returnRows } = failOnce(find)
  showScreen()
  fireEvent.change(screen.getByRole('textbox'), { target: { value: 'ada' } })
  fireEvent.submit(screen.getByRole('form'))
  await screen.findByText("The customers can't be shown right now")
  retry('The customers')
  await screen.findByRole('button', { name: 'Searching…' })
  expect(screen.getByText("The customers can't be shown right now")).toBeDefined()
  returnRows()
  await screen.findByText(/No customer's email address or ID starts with “ada”/)
})
