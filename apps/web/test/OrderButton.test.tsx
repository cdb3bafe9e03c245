// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { act, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { OrderButton } from '../src/plans/OrderButton.tsx'
import { pro } from './anOffer.ts'
import { show } from './show.tsx'

vi.mock('../src/billing.ts', () => ({
  useBalances: () => ({}),
  usePlans: () => ({}),
  useCheckout: () => useMutation({ mutationFn: async () => ({ url: '#the-checkout' }) }),
}))

it('can be pressed again when the browser’s Back shows the page as it was left', async () => {
  show(
    <QueryClientProvider client={new QueryClient()}>
      <OrderButton offer={pro}>Upgrade to Pro</OrderButton>
    </QueryClientProvider>,
  )
  act(() => screen.getByRole('button', { name: 'Upgrade to Pro' }).click())
  await vi.waitFor(() => expect(window.location.hash).toBe('#the-checkout'))
  await screen.findByRole('button', { name: 'Opening the checkout…' })

  act(() => void window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  expect(await screen.findByRole('button', { name: 'Upgrade to Pro' })).toBeDefined()
})
