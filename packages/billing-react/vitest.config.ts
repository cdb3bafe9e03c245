import { defineConfig } from 'vitest/config'

// The timeout only ends a test that hangs: suites run side by side, and tests wait for states.
// One environment for all files: starting jsdom per file takes most of the time, and each test cleans up after itself.
export default defineConfig({
  test: { environment: 'jsdom', isolate: false, restoreMocks: true, testTimeout: 60_000 },
})
