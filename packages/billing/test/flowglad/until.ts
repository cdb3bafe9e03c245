import { vi } from 'vitest'

/** Waits for a state, however busy the machine is. */
export const until = (state: () => void | Promise<void>) =>
  vi.waitFor(state, { timeout: 30_000, interval: 20 })
