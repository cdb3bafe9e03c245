import { defineConfig } from 'vitest/config'

// The timeout exists only to end tests that hang. Suites run in parallel, and tests wait for conditions, not
// for fixed times.
// All files share one environment: starting jsdom for each file would take most of the run time. Each test
// cleans up after itself.
export default defineConfig({
  test: { environment: 'jsdom', isolate: false, restoreMocks: true, testTimeout: 60_000 },
})
