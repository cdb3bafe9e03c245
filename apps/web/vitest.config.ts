import { defineConfig } from 'vitest/config'

// The app must format numbers and dates in English on every machine. With this locale, tests fail if it doesn't.
process.env.LC_ALL = 'ar_EG.UTF-8'
// In this time zone, the local date often differs from the UTC date.
process.env.TZ = 'America/Los_Angeles'

// All files share one environment, because starting jsdom for each file would account for most of the run
// time. The timeout is long because suites run in parallel. Tests wait for conditions instead of fixed times,
// so only a hanging test reaches the timeout.
export default defineConfig({
  test: { isolate: false, restoreMocks: true, unstubGlobals: true, testTimeout: 60_000 },
})
