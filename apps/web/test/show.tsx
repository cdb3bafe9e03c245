import { MantineProvider } from '@mantine/core'
import { cleanup, render } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { vi } from 'vitest'

/** Renders in StrictMode, as the app does, so that each effect of a new component runs twice. */
export function show(children: ReactNode) {
  // Not in afterEach(): test files share this module, and a hook would belong to the first of them alone.
  cleanup()
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
