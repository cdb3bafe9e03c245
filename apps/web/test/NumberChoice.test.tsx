// @vitest-environment jsdom
import { fireEvent, screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { NumberChoice } from '../src/studio/NumberChoice.tsx'
import { show } from './show.tsx'

it('shows a label that also names the choice for screen readers', () => {
  // jsdom has no ResizeObserver.
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  )
  const onChange = vi.fn()
  show(<NumberChoice label="Pictures" numbers={[1, 2]} value={1} onChange={onChange} />)
  expect(screen.getByText('Pictures')).toBeDefined()
  expect(screen.getByRole('radiogroup', { name: 'Pictures' })).toBeDefined()
  fireEvent.click(screen.getByText('2'))
  expect(onChange).toHaveBeenCalledWith(2)
})
