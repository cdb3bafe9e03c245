import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { defaultOptions } from '../../src/config/options.ts'
import type { Sync } from '../../src/flowglad/sync.ts'
import { defineMeters } from '../../src/index.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { Reservations } from '../../src/metering/reservations.ts'
import type { UsableMeters } from '../../src/metering/usableMeters.ts'
import { WorkInFlight } from '../../src/metering/workInFlight.ts'
import { aCustomer, testClock } from '../../src/testing/index.ts'

test('waits up to decisionMs for Flowglad before a denial even if the ledger has taken longer', async () => {
  const clock = testClock()
  let fetched = false
  const ledger = {
    async execute() {
      await clock.advance(10 * defaultOptions.decisionMs)
      if (!fetched) return { state: 'short', legs: [], asOf: 0 }
      return { state: 'held', subscription: 's', expiresInMs: 1_000, snapshotAgeMs: 0, outdated: false }
    },
    interruptions: () => 0,
  } as unknown as Ledger // no other methods
  const sync = {
    async fetch() {
      await setTimeout(50)
      fetched = true
      return { state: 'installed' }
    },
    resetRefreshPauses() {},
  } as unknown as Sync // The test calls only these two methods.
  const usableMeters = { async load() {}, async assert() {} } as unknown as UsableMeters // no other methods
  const reservations = new Reservations(
    {
      ledger,
      clock,
      meters: defineMeters({ tokens: {} }),
      options: defaultOptions,
      logger: silent,
      inFlight: new WorkInFlight(),
      restored: { isReady: true, recognizesKeys: false, ready: async () => {} },
    },
    { sync, usableMeters, upgradeUrl: '/pricing' },
  )
  const reserved = await reservations.reserve({
    customer: aCustomer(),
    procedure: 'write',
    key: null,
    fingerprint: null,
    legs: [{ meter: 'tokens', amount: 1 }],
  })
  expect(reserved.state).toBe('held')
})
