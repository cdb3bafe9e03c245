import { MantineProvider } from '@mantine/core'
import { cleanup, render } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { vi } from 'vitest'

/** Renders in StrictMode, like the app, so each effect runs twice when its component mounts. */
export function show(children: ReactNode) {
  // Clean up here instead of in afterEach(): test files share this module, and a hook would run only in the
  // first file.
  cleanup()
  // jsdom lacks scrollTo() and matchMedia().
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
