import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { include: ['test/**/*.test-d.ts'] },
    hookTimeout: 60_000,
    testTimeout: 60_000,
    // States are waited for, and a busy machine takes its time.
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
})
