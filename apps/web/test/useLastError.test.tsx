// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { useLastError } from '../src/denials/useLastError.ts'
import { show } from './show.tsx'

const answer = vi.fn<() => Promise<string>>()

function Section() {
  const query = useQuery({ queryKey: ['payments'], queryFn: answer, retry: false })
  const error = useLastError(query)
  return (
    <>
      <p>{error ? error.message : (query.data ?? 'loading')}</p>
      <button type="button" onClick={() => void query.refetch()}>
        {query.isFetching ? 'Trying…' : 'Try again'}
      </button>
    </>
  )
}

it('keeps the error on the screen until the data arrives', async () => {
  let resolve = (_: string) => {}
  const promise = new Promise<string>((done) => {
    resolve = done
  })
  answer.mockRejectedValueOnce(new Error('away')).mockReturnValueOnce(promise)
  show(
    <QueryClientProvider client={new QueryClient()}>
      <Section />
    </QueryClientProvider>,
  )
  await screen.findByText('away')
  act(() => screen.getByRole('button', { name: 'Try again' }).click())
  await screen.findByRole('button', { name: 'Trying…' })
  expect(screen.queryByText('loading')).toBeNull()
  expect(screen.getByText('away')).toBeDefined()
  resolve('Payments')
  await screen.findByText('Payments')
  expect(screen.queryByText('away')).toBeNull()
})
