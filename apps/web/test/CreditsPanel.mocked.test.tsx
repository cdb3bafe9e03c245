// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { CreditsPanel } from '../src/studio/CreditsPanel.tsx'
import { show } from './show.tsx'

const { balance } = vi.hoisted(() => ({ balance: vi.fn() }))

vi.mock('../src/api/billing.ts', () => ({ useBalance: balance }))

it.each([
  [
    'reserves space for the tallest state while the balance loads',
    { isPending: true, isError: false },
    'true',
  ],
  ["reserves no space for a balance that can't be shown", { isPending: false, isError: true }, 'false'],
])('%s', (_, query, room) => {
  balance.mockReturnValue(query)
  show(<CreditsPanel meter="generations" />)
  expect(screen.getByRole('complementary').parentElement?.getAttribute('data-room')).toBe(room)
})
