// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'
import { LookUpTab } from '../src/studio/LookUpTab.tsx'
import { free, onFree, pro } from './anOffer.ts'
import { show } from './show.tsx'

const { balance, current } = vi.hoisted(() => ({ balance: vi.fn(), current: vi.fn() }))
const price = { meter: 'api_calls' as const, unitPrice: 100, perUnits: 1_000, currency: 'USD' }
const { plan, balances } = onFree({ available: 0, limit: 10_000 })
const row = { ...balances[0], meter: 'api_calls' }
const onPro = { ...plan, name: 'Pro', priceSlug: 'pro_monthly', isFree: false }

vi.mock('../src/api/billing.ts', () => ({
  useBalance: () => ({ data: balance() }),
  usePlan: () => ({ data: current() }),
  usePlans: () => ({ data: [free, { ...pro, overage: [price] }] }),
}))
vi.mock('../src/studio/useLookUp.ts', () => ({ useLookUp: () => ({}) }))
vi.mock('../src/studio/Composer.tsx', () => ({
  Composer: ({ children }: { children: ReactNode }) => <form>{children}</form>,
}))

it("shows the price of extra look-ups beside the button once the plan's look-ups are used up", () => {
  current.mockReturnValue(onPro)
  balance.mockReturnValue(row)
  show(<LookUpTab />)
  expect(screen.getByText('Extra look-ups cost $1 per 1,000 or part of 1,000.')).toBeDefined()
  const button = screen.getByRole('button', { name: 'Look up · 1 look-up' })
  expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toContain('$1')
})

it.each([
  ['some are left', onPro, { available: 1 }],
  ['they are unlimited', onPro, { available: null }],
  ['the plan sells no extra look-ups', plan, {}],
])('shows no price beside the button if %s', (_, on, changes) => {
  current.mockReturnValue(on)
  balance.mockReturnValue({ ...row, ...changes })
  show(<LookUpTab />)
  expect(screen.queryByText(/Extra look-ups/)).toBeNull()
})
