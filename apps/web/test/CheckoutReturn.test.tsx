// @vitest-environment jsdom
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { saveOrder } from '../src/plans/order.ts'
import { CheckoutReturn } from '../src/shell/CheckoutReturn.tsx'
import { show } from './show.tsx'

afterEach(() => sessionStorage.clear())

it.each([
  ['payment_method', 'success', 'Your payment method is saved'],
  ['payment_method', 'cancelled', 'No card was saved'],
  ['payment', 'success', 'Thank you, your payment went through'],
  ['payment', 'cancelled', 'Nothing was paid'],
])("shows the card form's outcome on the Billing screen: %s, %s", async (priceSlug, checkout, title) => {
  saveOrder({ priceSlug, limitBefore: 0 })
  const history = createMemoryHistory({ initialEntries: [`/?checkout=${checkout}`] })
  const router = createRouter({ routeTree: createRootRoute(), history })
  show(
    <RouterContextProvider router={router as never}>
      <CheckoutReturn />
    </RouterContextProvider>,
  )
  expect(await screen.findByText(title)).toBeDefined()
  await waitFor(() => expect(history.location.href).toBe('/billing'))
})
