import { configDefaults, defineConfig } from 'vitest/config'

// An Arabic locale makes tests fail if the app formats numbers or dates in the machine's locale.
process.env.LC_ALL = 'ar_EG.UTF-8'
// In Los Angeles, the local date often differs from the UTC date.
process.env.TZ = 'America/Los_Angeles'

/** The tests that replace modules with mocks. */
const mocked = 'test/*.mocked.test.tsx'

export default defineConfig({
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    // The timeout is long because suites run in parallel. Tests wait for conditions instead of fixed times, so only a
    // hanging test reaches the timeout.
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'web',
          exclude: [...configDefaults.exclude, mocked],
          // These files share one environment, because starting jsdom for each file would account for most of the run
          // time.
          isolate: false,
        },
      },
      // Isolate tests with mocks, because a shared module could keep using another file's mock.
      { extends: true, test: { name: 'web with mocks', include: [mocked] } },
    ],
  },
})
