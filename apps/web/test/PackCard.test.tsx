// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { PackCard } from '../src/plans/PackCard.tsx'
import { free, onFree, pack } from './anOffer.ts'
import { show } from './show.tsx'

vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: onFree({ available: 10, limit: 10 }) }),
  usePlans: () => ({ data: [free, pack] }),
  useCheckout: () => useMutation({ mutationFn: vi.fn() }),
}))
vi.mock('../src/api/Session.tsx', () => ({ useUser: () => ({}), awaitsVerification: () => false }))

it('says before the purchase that the customer chooses the card at the checkout', () => {
  show(
    <QueryClientProvider client={new QueryClient()}>
      <PackCard pack={pack} isAway={false} />
    </QueryClientProvider>,
  )
  expect(screen.getByRole('article').textContent).toContain('You choose the card at checkout.')
  expect(screen.getByRole('button', { name: 'Buy 50 pictures · $5' })).toBeDefined()
})
