// @vitest-environment jsdom
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { act, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { formatDate } from '../src/format/format.ts'
import { saveOrder } from '../src/plans/order.ts'
import { CheckoutReturn } from '../src/shell/CheckoutReturn.tsx'
import { anOffer, onFree, pro } from './anOffer.ts'
import { aPayment, aStatement, earlierUsage } from './aStatement.ts'
import { show } from './show.tsx'

const { statement, plan, balances, refresh } = vi.hoisted(() => ({
  statement: vi.fn(),
  plan: vi.fn(),
  balances: vi.fn(),
  refresh: vi.fn(),
}))
const scale = anOffer({ name: 'Scale', priceSlug: 'scale_monthly', unitPrice: 9_900, isFree: false })

vi.mock('../src/api/billing.ts', () => ({
  useStatement: () => ({ data: statement() }),
  usePlan: () => ({ data: plan() }),
  usePlans: () => ({ data: [pro, scale] }),
  useBalances: () => ({ data: balances() }),
  useRefreshBalances: () => ({ mutate: refresh, isSuccess: false, isPending: false }),
}))

const onPro = (renewsAt: number) => ({
  ...onFree({ available: 0, limit: 1 }).plan,
  name: 'Pro',
  priceSlug: 'pro_monthly',
  renewsAt,
})

/** Returns the balances of a customer on this plan. */
function on({ name, priceSlug }: { name: string; priceSlug: string }) {
  const answer = onFree({ available: 10, limit: 10 })
  return { ...answer, plan: { ...answer.plan, name, priceSlug, isFree: false } }
}

/** Shows a return from a hosted page. Returns the browser's history, and a function that renders again. */
function comeBack({ priceSlug, checkout }: { priceSlug: string; checkout: string }) {
  saveOrder({ priceSlug, limitBefore: 0 })
  const history = createMemoryHistory({ initialEntries: [`/?checkout=${checkout}`] })
  const router = createRouter({ routeTree: createRootRoute(), history })
  const content = () => (
    <RouterContextProvider router={router as never}>
      <CheckoutReturn />
    </RouterContextProvider>
  )
  const page = show(content())
  return { history, again: () => page.show(content()) }
}

afterEach(() => {
  sessionStorage.clear()
  refresh.mockReset()
})

it.each([
  ['payment_method', 'success', 'Your payment method is saved'],
  ['payment_method', 'cancelled', 'No card was saved'],
  ['payment', 'success', 'Thank you, your payment went through'],
  ['payment', 'cancelled', 'Nothing was paid'],
])("shows the card form's outcome on the Billing screen: %s, %s", async (priceSlug, checkout, title) => {
  const { history } = comeBack({ priceSlug, checkout })
  expect(await screen.findByText(title)).toBeDefined()
  await waitFor(() => expect(history.location.href).toBe('/billing'))
})

it('returns to the plans after a card was saved for a declined plan change', async () => {
  const { history } = comeBack({ priceSlug: 'card_for_change', checkout: 'success' })
  expect((await screen.findByRole('status')).textContent).toContain(
    'Choose your new plan again to pay for it with this method.',
  )
  await waitFor(() => expect(history.location.href).toBe('/pricing'))
})

it.each([
  ['payment_method', 'success'],
  ['payment', 'success'],
])(
  'refreshes the billing data until Flowglad has responded since the return: %s, %s',
  async (priceSlug, checkout) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const ages = [null, 5_000, 1_000]
      refresh.mockImplementation((_, { onSuccess }) => onSuccess({ ageMs: ages.shift() }))
      comeBack({ priceSlug, checkout })
      for (const refreshes of [1, 2, 3, 3]) {
        await act(() => vi.advanceTimersByTimeAsync(2_000))
        expect(refresh).toHaveBeenCalledTimes(refreshes)
      }
    } finally {
      vi.useRealTimers()
    }
  },
)

it('does not refresh the billing data if no card was saved', async () => {
  comeBack({ priceSlug: 'payment_method', checkout: 'cancelled' })
  await screen.findByRole('status')
  expect(refresh).not.toHaveBeenCalled()
})

it.each([
  [null, true],
  [Date.UTC(2027, 0, 30), false],
])(
  'mentions the next payment after a card is saved only if the plan does not end (cancelsAt: %s)',
  async (cancelsAt, mentions) => {
    plan.mockReturnValue({ ...onPro(Date.UTC(2027, 0, 30)), cancelsAt })
    comeBack({ priceSlug: 'payment_method', checkout: 'success' })
    const notice = await screen.findByRole('status')
    expect(notice.textContent?.includes('next payment')).toBe(mentions)
  },
)

it("says what an overdue plan's payment charged and when the plan renews", async () => {
  const renewsAt = Date.UTC(2027, 0, 30)
  plan.mockReturnValue(onPro(renewsAt))
  statement.mockReturnValue(aStatement({ payments: [aPayment({ amount: 2_300 })] }))
  comeBack({ priceSlug: 'payment', checkout: 'success' })
  const notice = await screen.findByRole('status')
  expect(notice.textContent).toContain('We charged $23 to Visa ending in 4242.')
  expect(notice.textContent).toContain(`Pro renews on ${formatDate(renewsAt)} for $20.`)
})

it.each([
  ['the price with the extra usage so far', [], '$23 ($20 plus $3 for 2,500 extra pictures)'],
  [
    'the maximum if extra usage from before a plan change may be added',
    [earlierUsage],
    'up to $26 ($20 plus $3 for 2,500 extra pictures plus up to $3 for 2,500 look-ups beyond Pro)',
  ],
])('says what the renewal costs and why it differs from the price: %s', async (_, earlierUsage, amount) => {
  const extra = { meter: 'generations', units: 2_500, amount: 300, unitPrice: 100, perUnits: 1_000 } as const
  const renewsAt = Date.UTC(2027, 0, 30)
  plan.mockReturnValue(onPro(renewsAt))
  const next = {
    at: renewsAt,
    currency: 'USD',
    plan: { name: 'Pro', amount: 2_000 },
    earlierUsage,
    total: 2_300,
    wasDiscounted: false,
  }
  statement.mockReturnValue(aStatement({ payments: [aPayment()], next, overage: [extra] }))
  comeBack({ priceSlug: 'payment', checkout: 'success' })
  expect((await screen.findByRole('status')).textContent).toContain(
    `renews on ${formatDate(renewsAt)} for ${amount}.`,
  )
})

it("doesn't report a charge until the overdue plan's payment is listed", async () => {
  statement.mockReturnValue(aStatement({ payments: [aPayment({ status: 'failed' }), aPayment()] }))
  comeBack({ priceSlug: 'payment', checkout: 'success' })
  expect((await screen.findByRole('status')).textContent).not.toContain('We charged')
})

it('hides the result of a purchase after the customer changes the purchased plan', async () => {
  balances.mockReturnValue(on(pro))
  const { again } = comeBack({ priceSlug: 'pro_monthly', checkout: 'success' })
  expect(await screen.findByText("You're on Pro")).toBeDefined()
  balances.mockReturnValue(on(scale))
  again()
  await waitFor(() => expect(screen.queryByRole('status')).toBeNull())
  expect(refresh).not.toHaveBeenCalled()
})
