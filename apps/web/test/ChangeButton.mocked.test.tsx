// @vitest-environment jsdom

import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { act, screen, within } from '@testing-library/react'
import { TRPCClientError } from '@trpc/client'
import { type ReactNode, useState } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { ChangeButton } from '../src/plans/ChangeButton.tsx'
import { Changed, type ConfirmedChange } from '../src/plans/Changed.tsx'
import { addModalDialogs } from './addModalDialogs.ts'
import { onFree, pro, scale } from './anOffer.ts'
import { aPayment, aStatement, visa } from './aStatement.ts'
import { show } from './show.tsx'

const { balances, change, preview, statement } = vi.hoisted(() => ({
  balances: vi.fn(),
  change: vi.fn(),
  preview: vi.fn(),
  statement: vi.fn(),
}))
const renewsAt = Date.UTC(2026, 11, 28)
const plan = {
  ...onFree({ available: 0, limit: 0 }).plan,
  name: 'Pro',
  priceSlug: 'pro_monthly',
  isFree: false,
  renewsAt,
}
const onScale = { ...plan, name: 'Scale', priceSlug: 'scale_monthly' }

// A router link needs the app's router.
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ to, children }: { to: string; children: string }) => <a href={to}>{children}</a>,
}))
vi.mock('../src/plans/LazyPaymentButton.tsx', () => ({
  LazyPaymentButton: ({ label }: { label: string }) => <button type="button">{label}</button>,
}))
vi.mock('../src/api/billing.ts', () => ({
  useBalances: () => ({ data: balances() }),
  usePlan: () => ({ data: balances()?.plan }),
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
  overage: [],
  isMaximum: false,
  credit: 1_333,
  isEstimate: false,
  price: 9_900,
  nextChargeAt: renewsAt,
  method: visa,
  prorated: [{ meter: 'tokens', granted: 1_333_321, regular: 2_000_000 }],
}
const downgrade = { ...aPreview, timing: 'periodEnd', effectiveAt: renewsAt, price: 2_000, prorated: [] }
const proWithOverage = {
  ...pro,
  overage: [
    { meter: 'generations', feature: 'overage', unitPrice: 100, perUnits: 1_000, currency: 'USD' } as const,
  ],
}
const onChanged = vi.fn()

const open = () =>
  openDialog(
    <ChangeButton {...shared} offer={scale} plan={plan} isUpgrade verb="Upgrade" />,
    'Upgrade to Scale · $99/month',
  )

const openDowngrade = () =>
  openDialog(
    <ChangeButton {...shared} offer={proWithOverage} plan={onScale} isUpgrade={false} verb="Downgrade" />,
    'Downgrade to Pro · $20/month',
  )

const shared = { variant: 'filled', onChanged } as const

function openDialog(button: ReactNode, name: string) {
  show(<QueryClientProvider client={new QueryClient()}>{button}</QueryClientProvider>)
  act(() => screen.getByRole('button', { name }).click())
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
  expect(text).toContain("You'll pay $52.67 today with Visa ending in 4242.")
  expect(text).toContain('A credit of $13.33 for earlier payments is already deducted.')
  expect(text).toContain(`From ${day}, Scale costs $99 a month.`)
  expect(text).toContain(
    `You'll get about 1,333,300 tokens for this period (prorated), then 2,000,000 from ${day}.`,
  )
  act(() => screen.getByRole('button', { name: 'Pay $52.67 and upgrade' }).click())
  await vi.waitFor(() => expect(onChanged).toHaveBeenCalledWith({ priceSlug: 'scale_monthly', made }))
})

const extra = { meter: 'api_calls', units: 1_204, amount: 200, unitPrice: 100, perUnits: 1_000 } as const
it('names the unused part of the current plan as the credit, like the receipt', () => {
  const items = [
    { kind: 'plan', name: 'Pro', from: 0, to: renewsAt, prorated: false, amount: 2_000 } as const,
  ]
  preview.mockReturnValue({ data: aPreview })
  statement.mockReturnValue(aStatement({ payments: [aPayment({ items })] }))
  expect(open().textContent).toContain('A credit of $13.33 for unused Pro is already deducted.')
})

it.each([
  [{}, `on ${formatDay(renewsAt)}`],
  [{ timing: 'periodEnd' }, `on ${formatDay(renewsAt)}`],
  [{ nextChargeAt: null }, 'with your next invoice'],
])('says when the customer pays for extra usage if the change charges nothing: %j', (given, when) => {
  preview.mockReturnValue({ data: { ...aPreview, charge: 0, credit: 0, ...given } })
  statement.mockReturnValue(aStatement({ overage: [extra] }))
  expect(open().textContent).toContain(`You'll pay $2 more for your 1,204 look-ups beyond Pro, ${when}.`)
})

it('lists the extra usage as a part of what the customer pays today', () => {
  preview.mockReturnValue({ data: { ...aPreview, charge: 5_467, overage: [{ ...extra, plan: 'Pro' }] } })
  statement.mockReturnValue(aStatement({ overage: [extra] }))
  const text = open().textContent
  expect(text).toContain("You'll pay $54.67 today with Visa ending in 4242.")
  expect(text).toContain(
    "Change to Scale$52.671,204 look-ups beyond Pro$1 per 1,000 or part of 1,000$2You'll get",
  )
  expect(text).not.toContain('more')
  expect(screen.getByRole('button', { name: 'Pay $54.67 and upgrade' })).toBeDefined()
})

it('names the maximum that the customer pays today if some extra usage may be billed later', () => {
  const overage = [{ ...extra, plan: null }]
  preview.mockReturnValue({ data: { ...aPreview, charge: 5_467, overage, isMaximum: true } })
  const text = open().textContent
  expect(text).toContain("You'll pay up to $54.67 today")
  expect(text).toContain('Change to Scale$52.671,204 look-ups beyond your earlier plan')
  expect(text).toContain(
    "up to $2If today's payment doesn't include all of this usage, your next invoice will.",
  )
  expect(screen.getByRole('button', { name: 'Pay up to $54.67 and upgrade' })).toBeDefined()
})

it('says before a downgrade what the new plan lacks and what its extra units cost', () => {
  preview.mockReturnValue({ data: downgrade })
  expect(openDowngrade().textContent).toContain(
    'Pro has 10 pictures a month instead of unlimited. Extra pictures cost $1 per 1,000 or part of 1,000.',
  )
})

it('says before a downgrade from an unlimited meter that the customer keeps the units of packs', () => {
  preview.mockReturnValue({ data: downgrade })
  const [row] = onFree({ available: 0, limit: 0 }).balances
  balances.mockReturnValue({
    plan: onScale,
    balances: [{ ...row, available: null, limit: null, unlimited: true }],
  })
  statement.mockReturnValue(aStatement({ unlimitedPacks: [{ meter: 'generations', units: 50 }] }))
  expect(openDowngrade().textContent).toContain(
    `You'll keep the 50 pictures from your packs. Until ${formatDay(renewsAt)}, pictures on Scale also use them up.`,
  )
})

it.each([
  [58, ', after the pictures left from Pro'],
  [50, ''],
])('says before an upgrade that unlimited pictures use the units from packs: %i left', (available, when) => {
  preview.mockReturnValue({ data: aPreview })
  balances.mockReturnValue({ ...onFree({ available, limit: 60 }), plan })
  expect(open().textContent).toContain(
    `You'll keep the 50 pictures from your packs. Pictures on Scale also use them up${when}.`,
  )
})

it('omits a prorated number that rounds to the whole grant', () => {
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
    expect(open().textContent).toContain(`You'll get about ${text} for this period (prorated), then`)
  },
)

it('makes “Use another card” the most prominent button after the card was declined', async () => {
  preview.mockReturnValue({ data: aPreview })
  const message = 'Your card was declined. Use another card, then try again.'
  change.mockRejectedValueOnce(rejection('BAD_REQUEST', message))
  open()
  act(() => screen.getByRole('button', { name: 'Pay $52.67 and upgrade' }).click())
  await vi.waitFor(() =>
    expect(screen.getByRole('alert').textContent).toBe(`${message} Nothing was charged.`),
  )
  const buttons = within(screen.getByRole('dialog')).getAllByRole('button')
  expect(buttons.map((button) => [button.textContent, button.dataset.variant ?? 'filled'])).toEqual([
    ['Keep Pro', 'default'],
    ['Try again', 'default'],
    ['Use another card', 'filled'],
  ])
  change.mockResolvedValue({})
  act(() => screen.getByRole('button', { name: 'Try again' }).click())
  await vi.waitFor(() => expect(onChanged).toHaveBeenCalledWith({ priceSlug: 'scale_monthly', made: {} }))
})

/** Shows the button while the balances show another plan, and the result of the change. */
function Upgrade() {
  const [confirmed, setConfirmed] = useState<ConfirmedChange | null>(null)
  return (
    <>
      {confirmed && <Changed change={confirmed} onClose={() => {}} />}
      {balances().plan.priceSlug === 'pro_monthly' && (
        <ChangeButton
          {...shared}
          offer={scale}
          plan={plan}
          isUpgrade
          verb="Upgrade"
          onChanged={setConfirmed}
        />
      )}
    </>
  )
}

it.each(['before', 'after'])(
  'shows the new plan if the response is lost %s the balances show the change',
  async (when) => {
    Element.prototype.scrollIntoView = () => {}
    preview.mockReturnValue({ data: aPreview })
    const answer = onFree({ available: 0, limit: 0 })
    balances.mockReturnValue({ ...answer, plan })
    let lose = () => {}
    change.mockReturnValue(new Promise((_, reject) => (lose = () => reject(new Error('lost')))))
    const client = new QueryClient()
    const content = () => (
      <QueryClientProvider client={client}>
        <Upgrade />
      </QueryClientProvider>
    )
    const page = show(content())
    act(() => screen.getByRole('button', { name: 'Upgrade to Scale · $99/month' }).click())
    await act(async () => screen.getByRole('button', { name: 'Pay $52.67 and upgrade' }).click())
    if (when === 'before') {
      act(() => lose())
      expect(await screen.findByRole('alert')).toBeDefined()
    }
    expect(screen.queryByText("You're on Scale")).toBeNull()
    balances.mockReturnValue({ ...answer, plan: onScale })
    page.show(content())
    if (when === 'after') act(() => lose())
    expect(await screen.findByText("You're on Scale")).toBeDefined()
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(screen.getByRole('status').textContent).toContain('Your payments are on the Billing screen.')
  },
)

it.each([
  ['BAD_REQUEST', "Your plan couldn't be changed. Please cancel again.", true],
  ['INTERNAL_SERVER_ERROR', 'Unknown error', false],
])('links to Billing only from a message that asks for an action there: %s', async (code, message, leads) => {
  preview.mockReturnValue({ data: aPreview })
  change.mockRejectedValue(rejection(code, message))
  open()
  act(() => screen.getByRole('button', { name: 'Pay $52.67 and upgrade' }).click())
  await vi.waitFor(() => expect(screen.getByRole('alert')).not.toBeNull())
  expect(screen.queryByRole('link', { name: 'Go to billing' })?.getAttribute('href')).toBe(
    leads ? '/billing' : undefined,
  )
})

const rejection = (code: string, message: string) =>
  TRPCClientError.from({ error: { code: -32_600, message, data: { code, billing: null } } })

it('marks an estimated price as approximate, even on the button', () => {
  preview.mockReturnValue({ data: { ...aPreview, isEstimate: true } })
  expect(open().textContent).toContain("You'll pay about $52.67 today")
  expect(screen.getByRole('button', { name: 'Pay about $52.67 and upgrade' })).toBeDefined()
})

it.each([
  ['Upgrade now', open],
  [`Downgrade on ${formatDay(renewsAt)}`, openDowngrade],
])('does not change the plan before the dialog shows the price: %s', (name, openChange) => {
  preview.mockReturnValue({ data: undefined })
  expect(openChange().textContent).toContain('Calculating the price')
  const button = screen.getByRole('button', { name })
  expect(button.getAttribute('aria-disabled')).toBe('true')
  act(() => button.click())
  expect(change).not.toHaveBeenCalled()
})

it.each([open, openDowngrade])('refetches a missing price without changing the plan', (openChange) => {
  const refetch = vi.fn()
  const error = rejection('INTERNAL_SERVER_ERROR', 'Unknown error')
  preview.mockReturnValue({ data: undefined, isError: true, error, refetch })
  const dialog = within(openChange())
  expect(dialog.getAllByRole('alert')).toHaveLength(1)
  act(() => dialog.getByRole('button', { name: 'Try again' }).click())
  expect(refetch).toHaveBeenCalledOnce()
  expect(change).not.toHaveBeenCalled()
})
