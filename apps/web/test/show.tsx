import { MantineProvider } from '@mantine/core'
import { cleanup, render } from '@testing-library/react'
import { type ReactNode, StrictMode } from 'react'
import { afterEach, vi } from 'vitest'

afterEach(cleanup)

/** Draws it as `pnpm dev` would: in StrictMode every effect of a new component runs twice. */
export function show(children: ReactNode) {
  // What jsdom lacks.
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
