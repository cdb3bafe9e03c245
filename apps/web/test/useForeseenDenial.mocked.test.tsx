// @vitest-environment jsdom
import { useRef } from 'react'
import { expect, it, vi } from 'vitest'
import { useBroughtIntoView } from '../src/studio/useBroughtIntoView.ts'
import { useForeseenDenial } from '../src/studio/useForeseenDenial.ts'
import { anOffer, onFree } from './anOffer.ts'
import { show } from './show.tsx'

const { row } = vi.hoisted(() => ({ row: vi.fn() }))
const metered = anOffer({
  overage: [{ meter: 'api_calls', feature: 'api_overage', unitPrice: 100, perUnits: 1_000, currency: 'USD' }],
})

vi.mock('../src/api/billing.ts', () => ({
  useBalance: () => ({ data: row() }),
  usePlan: () => ({ data: onFree({ available: 0, limit: 10 }).plan }),
  usePlans: () => ({ data: [metered] }),
}))

/** Starts a call, and returns whether the page scrolls to its result. */
function scrollsFor(
  need: Parameters<typeof useForeseenDenial>[0],
  balance: { available: number | null } | undefined,
) {
  const scrollIntoView = vi.fn()
  function Result({ isRunning }: { isRunning: boolean }) {
    const result = useRef<HTMLDivElement>(null)
    useBroughtIntoView(result, { isRunning, isDenied: useForeseenDenial(need) })
    return <div ref={result} />
  }
  row.mockReturnValue(balance)
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, window.innerHeight))
  Element.prototype.scrollIntoView = scrollIntoView
  const page = show(<Result isRunning={false} />)
  page.show(<Result isRunning />)
  return scrollIntoView.mock.calls.length > 0
}

it.each([
  ['the balance suffices', { meter: 'generations' as const, units: 2 }, { available: 2 }],
  ['the meter is unlimited', { meter: 'generations' as const, units: 4 }, { available: null }],
  ['the plan allows extra units', { meter: 'api_calls' as const, units: 4 }, { available: 2 }],
  ['the balance is unknown', { meter: 'generations' as const, units: 4 }, undefined],
])('scrolls to the result when work starts if %s', (_, need, balance) => {
  expect(scrollsFor(need, balance)).toBe(true)
})

it.each([
  ['needs more units than are left', { meter: 'generations' as const, units: 3 }],
  ['needs a feature that the plan lacks', { meter: 'generations' as const, units: 1, feature: 'hd' }],
])('does not scroll to the result if a call %s', (_, need) => {
  expect(scrollsFor(need, { available: 2 })).toBe(false)
})
