import { vi } from 'vitest'

/** Waits until the assertions in `state` pass. The timeout is long enough for a busy machine. */
export const until = (state: () => void | Promise<void>) =>
  vi.waitFor(state, { timeout: 30_000, interval: 20 })
