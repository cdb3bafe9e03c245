import { defineConfig } from 'vitest/config'

// The app formats numbers and money in the user's language. The tests expect English on every machine.
process.env.LC_ALL = 'en_US.UTF-8'

// All files share one environment, because starting jsdom for each file would account for most of the run
// time. The timeout is long because suites run in parallel. Tests wait for conditions instead of fixed times,
// so only a hanging test reaches the timeout.
export default defineConfig({
  test: { isolate: false, restoreMocks: true, unstubGlobals: true, testTimeout: 60_000 },
})
