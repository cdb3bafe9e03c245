import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // By default, vitest leaves one core idle. Most of a test's time is another process's work, such as PostgreSQL's.
    maxWorkers: '100%',
    // Tests poll for the expected state, so these limits only end a test that hangs, even on a slow machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
  },
})
