import { defineConfig } from 'vitest/config'

// The timeout only ends a test that hangs: suites run in parallel, and tests wait for conditions, not for
// time.
// One environment for all files: starting jsdom per file takes most of the time, and each test cleans up after itself.
export default defineConfig({
  test: { environment: 'jsdom', isolate: false, restoreMocks: true, testTimeout: 60_000 },
})
