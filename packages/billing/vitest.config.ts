import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Many tests wait for processes and timers, so a worker per core doesn't overload the machine.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'ledger',
          include: ['test/ledger/**/*.test.ts'],
          globalSetup: ['test/ledger/globalSetup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'billing',
          include: ['test/**/*.test.ts'],
          exclude: ['test/ledger/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          // A project doesn't inherit the command line's `--typecheck`.
          typecheck: { enabled: true, only: true, include: ['test/**/*.test-d.ts'] },
        },
      },
    ],
    // No test measures time. Tests poll until a condition holds, which takes longer on a busy machine.
    hookTimeout: 120_000,
    testTimeout: 180_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
})
