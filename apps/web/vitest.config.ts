import { defineConfig } from 'vitest/config'

// Numbers and money are formatted in the reader's language. The tests expect English on every machine.
process.env.LC_ALL = 'en_US.UTF-8'

// The timeout only ends a test that hangs: suites run in parallel, and tests wait for conditions, not for
// time.
// One environment for all files: starting jsdom per file takes most of the time, and each test cleans up after itself.
export default defineConfig({
  test: { isolate: false, restoreMocks: true, unstubGlobals: true, testTimeout: 60_000 },
})
