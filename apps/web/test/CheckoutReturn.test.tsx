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
  ['success', 'Your payment method is saved'],
  ['cancelled', 'No card was saved'],
])("shows the card form's outcome on the Billing screen: %s", async (checkout, title) => {
  saveOrder({ priceSlug: 'payment_method', limitBefore: 0 })
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
