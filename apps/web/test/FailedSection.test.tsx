// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it } from 'vitest'
import { FailedSection } from '../src/denials/FailedSection.tsx'
import { show } from './show.tsx'

it('moves focus to the heading when a successful retry removes the button', () => {
  const usage = (charges: ReactNode) => (
    <>
      <h1 tabIndex={-1}>Usage</h1>
      {charges}
    </>
  )
  const page = show(
    usage(<FailedSection what="Your charges" error={new Error('away')} onRetry={() => undefined} />),
  )
  screen.getByRole('button', { name: 'Try again' }).focus()
  page.show(usage(null))
  expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Usage' }))
})
