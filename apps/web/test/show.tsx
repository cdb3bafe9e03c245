import { MantineProvider } from '@mantine/core'
import { cleanup, render } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { afterEach, vi } from 'vitest'

afterEach(cleanup)

/** Renders in StrictMode, as the app does, so that each effect of a new component runs twice. */
export function show(children: ReactNode) {
  // jsdom lacks these.
  vi.stubGlobal('scrollTo', () => undefined)
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }))
  const page = (content: ReactNode) => (
    <StrictMode>
      <MantineProvider>{content}</MantineProvider>
    </StrictMode>
  )
  const { rerender } = render(page(children))
  return { show: (next: ReactNode) => rerender(page(next)) }
}
