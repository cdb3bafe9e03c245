// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { act, screen, within } from '@testing-library/react'
import { beforeEach, expect, it, vi } from 'vitest'
/*
 * The button loads the dialog lazily. On a busy machine, compiling the dialog can take longer than a query's timeout, so
 * import the dialog first.
 */
import '../src/plans/ForfeitWarning.tsx'
import { OrderButton } from '../src/plans/OrderButton.tsx'
import { addModalDialogs } from './addModalDialogs.ts'
import { free, onFree, pro } from './anOffer.ts'
import { show } from './show.tsx'

const { checkout, answer } = vi.hoisted(() => ({ checkout: vi.fn(), answer: vi.fn() }))

vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: answer() }),
  usePlans: () => ({ data: [free, pro] }),
  useCheckout: () => useMutation({ mutationFn: checkout }),
}))

beforeEach(addModalDialogs)

const showOrder = () =>
  show(
    <QueryClientProvider client={new QueryClient()}>
      <OrderButton offer={pro}>Upgrade to Pro</OrderButton>
    </QueryClientProvider>,
  )
const press = async (name: string) => {
  const button = await screen.findByRole('button', { name })
  act(() => button.click())
}

it('works again after the browser’s Back button restores the page', async () => {
  checkout.mockResolvedValue({ url: '#the-checkout' })
  showOrder()
  await press('Upgrade to Pro')
  await vi.waitFor(() => expect(window.location.hash).toBe('#the-checkout'))
  await screen.findByRole('button', { name: 'Opening checkout…' })

  act(() => void window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  expect(await screen.findByRole('button', { name: 'Upgrade to Pro' })).toBeDefined()
})

it('shows a checkout error inside the warning about lost credits', async () => {
  answer.mockReturnValue(onFree({ available: 55, limit: 60 }))
  checkout.mockRejectedValue(new Error('away'))
  showOrder()
  await press('Upgrade to Pro')
  await press('Upgrade to Pro anyway')
  expect(await within(screen.getByRole('dialog')).findByText(/Nothing was charged/)).toBeDefined()
})

it('names the credits that the customer would lose in an upgrade from Free', async () => {
  answer.mockReturnValue(onFree({ available: 53, limit: 65, adjusted: 5 }))
  showOrder()
  await press('Upgrade to Pro')
  const dialog = await screen.findByRole('dialog')
  expect(dialog.textContent).toContain('You would lose credits for 53 pictures')
  expect(dialog.textContent).toContain('You have 48 pictures from packs and 5 added by us.')
})
