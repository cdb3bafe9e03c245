import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/globalSetup.ts'],
    // Test files in a worker share modules, because imports are slow and no module keeps state between tests.
    isolate: false,
    // By default, vitest leaves one core idle. Most tests spend their time waiting for another process, such
    // as PostgreSQL.
    maxWorkers: '100%',
    // Tests poll for the expected state. These limits are long enough for a slow machine and only stop tests
    // that hang.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
  },
})
