// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { FlowgladBilling } from '../src/billing/FlowgladBilling.tsx'
import { onFree } from './anOffer.ts'
import { aPayment, aStatement, visa } from './aStatement.ts'
import { show } from './show.tsx'

const { statement, billing, plan } = vi.hoisted(() => ({
  statement: vi.fn(),
  billing: vi.fn(),
  plan: vi.fn(),
}))

vi.mock('@flowglad/react', () => ({ useBilling: () => billing() }))
vi.mock('../src/api/billing.ts', () => ({
  usePlan: () => ({ data: plan() }),
  useBillingStatus: () => ({ data: { current: true } }),
  useStatement: () => statement(),
}))

afterEach(() => vi.resetAllMocks())

const { plan: free } = onFree({ available: 0, limit: 0 })

const aMethod = (last4: string, isDefault: boolean) => ({
  default: isDefault,
  type: 'card',
  paymentMethodData: { brand: 'visa', last4, exp_month: 12, exp_year: 2034 },
})
const reported = (...paymentMethods: ReturnType<typeof aMethod>[]) =>
  billing.mockReturnValue({ loaded: true, customer: {}, paymentMethods })
const statementWith = (method: typeof visa | null) =>
  statement.mockReturnValue({ data: aStatement({ method }), error: null })

function showBilling() {
  show(
    <QueryClientProvider client={new QueryClient()}>
      <FlowgladBilling />
    </QueryClientProvider>,
  )
  return screen.queryByRole('region', { name: 'Payment method' })?.textContent
}

it('shows the card for the next invoice while Flowglad still reports an older card', () => {
  statementWith({ ...visa, last4: '0341' })
  reported(aMethod('4242', true))
  const text = showBilling()
  expect(text).toContain('Visa ending in 0341')
  expect(text).not.toContain('4242')
})

it('shows when the card for the next invoice expires', () => {
  statementWith(visa)
  reported(aMethod('0341', true), aMethod('4242', false))
  expect(showBilling()).toContain('Visa ending in 4242, expires 12/2034')
})

it('shows the saved card on a free plan', () => {
  statementWith(null)
  plan.mockReturnValue(free)
  reported(aMethod('4242', false), aMethod('0341', true))
  expect(showBilling()).toContain('Visa ending in 0341, expires 12/2034')
})

it('hides a saved card that the paid plan is not charged to', () => {
  statementWith(null)
  plan.mockReturnValue({ ...free, name: 'Pro', isFree: false })
  reported(aMethod('4242', true))
  expect(showBilling()).toBe('Payment methodNo card is set up for Pro.Add a card')
})

it('explains the missing card of a customer who has paid only for a pack', () => {
  plan.mockReturnValue(free)
  reported()
  statementWith(null)
  const explanation = "A card that you use to buy a pack isn't saved as your payment method."
  expect(showBilling()).not.toContain(explanation)
  const items = [{ kind: 'pack', name: 'Picture pack', amount: 500 } as const]
  const payments = [aPayment({ method: { type: 'card', brand: null, last4: null }, items })]
  statement.mockReturnValue({ data: aStatement({ method: null, payments }), error: null })
  expect(showBilling()).toContain(explanation)
  reported(aMethod('4242', true))
  expect(showBilling()).not.toContain(explanation)
})

it('names no card until the statement has loaded', () => {
  statement.mockReturnValue({ data: undefined, error: null })
  reported(aMethod('4242', true))
  expect(showBilling()).toBeUndefined()
})

it('shows the saved card if the statement request fails', () => {
  statement.mockReturnValue({ data: undefined, error: new Error('unavailable') })
  reported(aMethod('4242', true))
  expect(showBilling()).toContain('Visa ending in 4242')
})
