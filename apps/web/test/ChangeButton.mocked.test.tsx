// @vitest-environment jsdom

import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { act, screen } from '@testing-library/react'
import { TRPCClientError } from '@trpc/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { ChangeButton } from '../src/plans/ChangeButton.tsx'
import { addModalDialogs } from './addModalDialogs.ts'
import { anOffer, onFree, pro } from './anOffer.ts'
import { aStatement, visa } from './aStatement.ts'
import { show } from './show.tsx'

const { change, preview, statement } = vi.hoisted(() => ({
  change: vi.fn(),
  preview: vi.fn(),
  statement: vi.fn(),
}))
const scale = anOffer({ name: 'Scale', priceSlug: 'scale_monthly', unitPrice: 9_900, isFree: false })
const renewsAt = Date.UTC(2026, 11, 28)
const plan = {
  ...onFree({ available: 0, limit: 0 }).plan,
  name: 'Pro',
  priceSlug: 'pro_monthly',
  isFree: false,
  renewsAt,
}

// A router link needs the app's router.
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ to, children }: { to: string; children: string }) => <a href={to}>{children}</a>,
}))
vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: undefined }),
  usePlans: () => ({ data: [pro, scale] }),
  useStatement: () => ({ data: statement() }),
  useChangePreview: (priceSlug: string | null) => (priceSlug === null ? {} : preview()),
  useChangePlan: () => useMutation({ mutationFn: change }),
}))

beforeEach(addModalDialogs)
afterEach(() => vi.clearAllMocks())

const aPreview = {
  timing: 'now',
  effectiveAt: 0,
  currency: 'USD',
  charge: 5_267,
  credit: 1_333,
  isEstimate: false,
  price: 9_900,
  nextChargeAt: renewsAt,
  method: visa,
  prorated: [{ meter: 'tokens', granted: 1_333_321, regular: 2_000_000 }],
}
const onChanged = vi.fn()

function open() {
  show(
    <QueryClientProvider client={new QueryClient()}>
      <ChangeButton
        offer={scale}
        plan={plan}
        isUpgrade
        verb="Upgrade"
        variant="filled"
        onChanged={onChanged}
      />
    </QueryClientProvider>,
  )
  act(() => screen.getByRole('button', { name: 'Upgrade to Scale · $99/month' }).click())
  return screen.getByRole('dialog')
}

it('says what a plan change charges, credits and grants before the customer confirms it', async () => {
  preview.mockReturnValue({ data: aPreview })
  const made = {
    plan,
    effectiveAt: 0,
    forfeits: [],
    charged: { amount: 5_267, currency: 'USD', method: visa },
  }
  change.mockResolvedValue(made)
  const text = open().textContent
  const day = formatDay(renewsAt)
  expect(text).toContain('You pay $52.67 today with Visa ending in 4242.')
  expect(text).toContain('This includes a credit of $13.33 for earlier payments.')
  expect(text).toContain(`From ${day}, Scale costs $99 a month.`)
  expect(text).toContain(
    `You get about 1,333,300 tokens for this period (prorated), then 2,000,000 from ${day}.`,
  )
  act(() => screen.getByRole('button', { name: 'Pay $52.67 and upgrade' }).click())
  await vi.waitFor(() => expect(onChanged).toHaveBeenCalledWith(made))
})

it.each([
  [{}, `at the latest on ${formatDay(renewsAt)}`],
  [{ charge: 0 }, `on ${formatDay(renewsAt)}`],
  [{ timing: 'periodEnd' }, `on ${formatDay(renewsAt)}`],
  [{ nextChargeAt: null }, 'at the latest with your next invoice'],
])('says when the customer pays for extra usage on the current plan: %j', (given, when) => {
  preview.mockReturnValue({ data: { ...aPreview, ...given } })
  const overage = [
    { meter: 'api_calls', units: 1_204, amount: 200, unitPrice: 100, perUnits: 1_000 } as const,
  ]
  statement.mockReturnValue(aStatement({ overage }))
  expect(open().textContent).toContain(`You pay $2 more for your 1,204 look-ups beyond Pro, ${when}.`)
})

it('names no prorated number that rounds to the whole grant', () => {
  const prorated = [{ meter: 'tokens', granted: 1_999_980, regular: 2_000_000 }]
  preview.mockReturnValue({ data: { ...aPreview, prorated } })
  expect(open().textContent).not.toContain('prorated')
})

it.each([
  ['tokens', 1_333_321, 2_000_000, '1,333,300 tokens'],
  ['tokens', 133_337, 200_000, '133,340 tokens'],
  ['generations', 333, 500, '333 pictures'],
])(
  'rounds the number of prorated %s, because the number can shrink before the customer confirms: %i of %i',
  (meter, granted, regular, text) => {
    preview.mockReturnValue({ data: { ...aPreview, prorated: [{ meter, granted, regular }] } })
    expect(open().textContent).toContain(`You get about ${text} for this period (prorated), then`)
  },
)

it.each([
  ['BAD_REQUEST', 'Your card was declined. Use another card, then try again.', true],
  ['INTERNAL_SERVER_ERROR', 'Unknown error', false],
])('links to Billing only from a message that asks for an action there: %s', async (code, message, leads) => {
  preview.mockReturnValue({ data: aPreview })
  change.mockRejectedValue(
    TRPCClientError.from({ error: { code: -32_600, message, data: { code, billing: null } } }),
  )
  open()
  act(() => screen.getByRole('button', { name: 'Pay $52.67 and upgrade' }).click())
  await vi.waitFor(() => expect(screen.getByRole('alert')).not.toBeNull())
  expect(screen.queryByRole('link', { name: 'Go to billing' })?.getAttribute('href')).toBe(
    leads ? '/billing' : undefined,
  )
})

it('marks an estimated price as approximate, even on the button', () => {
  preview.mockReturnValue({ data: { ...aPreview, isEstimate: true } })
  expect(open().textContent).toContain('You pay about $52.67 today')
  expect(screen.getByRole('button', { name: 'Pay about $52.67 and upgrade' })).toBeDefined()
})

it('does not change the plan before the dialog shows the price', () => {
  preview.mockReturnValue({ data: undefined })
  expect(open().textContent).toContain('Calculating the price')
  act(() => screen.getByRole('button', { name: 'Upgrade now' }).click())
  expect(change).not.toHaveBeenCalled()
})
