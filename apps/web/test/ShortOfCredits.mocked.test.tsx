// @vitest-environment jsdom
import { Button } from '@mantine/core'
import { screen, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'
import { CreditsPanel } from '../src/studio/CreditsPanel.tsx'
import { DenialNotice } from '../src/studio/DenialNotice.tsx'
import { free, onFree, pro } from './anOffer.ts'
import { denied } from './denied.ts'
import { show } from './show.tsx'

const { paywall, row } = vi.hoisted(() => ({ paywall: vi.fn(), row: vi.fn() }))
const { plan, balances } = onFree({ available: 0, limit: 10 })
const [first] = balances
const renewsAt = Date.UTC(2026, 11, 28)
const exhausted = { ...first, available: 0, used: 10, share: 1, status: 'exhausted', renewsAt }
const short = { ...first, available: 6, used: 4, share: 0.4, status: 'ok', renewsAt }

vi.mock('../src/api/billing.ts', () => ({
  useBalance: () => ({ data: row(), isError: false, isPending: false }),
  useBalances: () => ({ data: { plan, balances } }),
  usePaywall: () => paywall(),
  usePlan: () => ({ data: plan }),
  usePlans: () => ({ data: [free, pro] }),
  useCheckout: () => ({}),
}))
// A link needs the router.
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ to, hash, children }: { to: string; hash?: string; children: ReactNode }) => (
    <a href={hash ? `${to}#${hash}` : to}>{children}</a>
  ),
}))

const error = denied({
  code: 'INSUFFICIENT_CREDITS',
  meter: 'generations',
  availableBalance: 0,
  heldBalance: 0,
  required: 8,
  asOf: 0,
  upgradeUrl: '/pricing',
  meters: [],
})

it("does not repeat the paywall's options in the explanation of a denied call", () => {
  paywall.mockReturnValue({ state: 'exhausted', balance: exhausted, held: 0 })
  row.mockReturnValue(exhausted)
  show(
    <>
      <DenialNotice meter="generations" error={error} onRetry={() => undefined} />
      <CreditsPanel meter="generations" />
    </>,
  )
  const alert = screen.getByRole('alert')
  expect(alert.textContent).toBe(
    'You have no pictures leftNothing was charged, and your text is still here. See your options under “Out of pictures”.',
  )
  expect(screen.getByTestId('paywall').textContent).toContain('or wait until they renew')
  expect(alert.querySelectorAll('a, button')).toHaveLength(0)
})

it.each([
  ['the exact cost', false, 'This request needs 8 pictures; you have 6 left'],
  ['the maximum cost', true, 'This request needs up to 8 pictures; you have 6 left'],
])('names %s of a call that needs more units than are left', (_, isMaximum, title) => {
  paywall.mockReturnValue({ state: 'short', balance: short, required: 8 })
  show(<DenialNotice meter="generations" error={error} onRetry={() => undefined} isMaximum={isMaximum} />)
  expect(screen.getByRole('alert').textContent).toContain(title)
})

it('makes only the button that continues with the remaining units prominent', () => {
  paywall.mockReturnValue({ state: 'short', balance: short, required: 8 })
  show(
    <DenialNotice
      meter="generations"
      error={error}
      onRetry={() => undefined}
      onLess={(available) => <Button>Make {available} instead</Button>}
    />,
  )
  const prominent = screen
    .getAllByRole('button')
    .filter((button) => (button.dataset.variant ?? 'filled') === 'filled')
    .map((button) => button.textContent)
  expect(prominent).toEqual(['Make 6 instead'])
})

it("includes the options in the explanation if the denied call's meter has no panel on the screen", () => {
  paywall.mockReturnValue({ state: 'exhausted', balance: exhausted, held: 0 })
  show(<DenialNotice meter="tokens" error={error} onRetry={() => undefined} />)
  const alert = screen.getByRole('alert')
  expect(alert.textContent).not.toContain('See your options')
  expect(alert.textContent).toContain('Upgrade to Pro')
})

it.each([
  ['shows no payment link if the paywall shows one', 'overdue', 0],
  ['shows a payment link if there is no paywall', 'open', 1],
])('%s', (_, state, buttons) => {
  const overdue = denied({
    code: 'PAYMENT_OVERDUE',
    pastDueSince: 0,
    graceEndsAt: 1,
    asOf: 2,
    upgradeUrl: '/billing',
    meters: [],
  })
  paywall.mockReturnValue({ state })
  show(<DenialNotice meter="generations" error={overdue} onRetry={() => undefined} />)
  expect(within(screen.getByRole('alert')).queryAllByRole('link', { name: 'Go to billing' })).toHaveLength(
    buttons,
  )
})

it('links to the spend limits if a spend limit denied the call', () => {
  const overLimit = denied({
    code: 'BUDGET_EXCEEDED',
    source: 'customer',
    scope: null,
    meter: 'generations',
    limit: 10,
    used: 10,
    held: 0,
    required: 1,
    window: 'month',
    timeZone: 'UTC',
    resetsAt: 0,
  })
  paywall.mockReturnValue({ state: 'open' })
  show(<DenialNotice meter="generations" error={overLimit} onRetry={() => undefined} />)
  const next = [...screen.getByRole('alert').querySelectorAll('a, button')]
  expect(next.map((it) => [it.textContent, it.getAttribute('href')])).toEqual([
    ['Change your spend limits', '/billing#spend-limits'],
  ])
})
