import { defineConfig } from 'vitest/config'

/** Runs the contract of the ledger's stores on the database in LEDGER_TEST_URL. */
export default defineConfig({
  test: {
    include: ['test/ledger/engine/contract.ts'],
    hookTimeout: 120_000,
    testTimeout: 180_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
})
