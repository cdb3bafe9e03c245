import { defineConfig } from 'vitest/config'

// The app formats numbers and dates in English on every machine. In this locale, a test fails if it doesn't.
process.env.LC_ALL = 'ar_EG.UTF-8'
// A time zone in which the local date often differs from the date in UTC.
process.env.TZ = 'America/Los_Angeles'

// All files share one environment, because starting jsdom for each file would account for most of the run
// time. The timeout is long because suites run in parallel. Tests wait for conditions instead of fixed times,
// so only a hanging test reaches the timeout.
export default defineConfig({
  test: { isolate: false, restoreMocks: true, unstubGlobals: true, testTimeout: 60_000 },
})
