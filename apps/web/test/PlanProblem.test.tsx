// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { TRPCClientError } from '@trpc/client'
import { afterEach, expect, it, vi } from 'vitest'
import { PlanProblem } from '../src/plans/PlanProblem.tsx'
import { show } from './show.tsx'

afterEach(() => vi.unstubAllGlobals())

const aProblem = (code: string, message: string) =>
  TRPCClientError.from({ error: { code: -32_600, message, data: { code, billing: null } } })

it.each([
  ['BAD_REQUEST', 'Your card was declined.', 'Your card was declined. Nothing was charged.'],
  ['CONFLICT', 'Your card may have been charged.', 'Your card may have been charged.'],
])('says that nothing was charged only if that is certain: %s', (code, message, text) => {
  show(<PlanProblem error={aProblem(code, message)} />)
  expect(screen.getByRole('alert').textContent).toBe(text)
})

it('does not say that the browser is offline, because the notice at the top of the screen does', () => {
  vi.stubGlobal('navigator', { onLine: false })
  show(<PlanProblem error={new Error('Flowglad did not respond')} />)
  expect(screen.getByRole('alert').textContent).toBe(
    "Studio can't be reached. Nothing was changed and nothing was charged. Try again when you are back online.",
  )
})
