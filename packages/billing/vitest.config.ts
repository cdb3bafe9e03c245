import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { include: ['test/**/*.test-d.ts'] },
    // Nothing is measured by a timeout: tests wait for states, on machines as busy as they like.
    hookTimeout: 120_000,
    testTimeout: 180_000,
    // States are waited for, and a busy machine takes its time.
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
})
