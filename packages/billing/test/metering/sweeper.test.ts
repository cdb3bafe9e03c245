import { expect, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { runSweeper } from '../../src/metering/sweeper.ts'
import { testClock } from '../../src/testing/testClock.ts'
import { until } from '../flowglad/until.ts'
import { aReserve, fetched, settleOf, units } from '../ledger/builders.ts'

/** The pause between sweeps exceeds any test's timeout, so the sweeper sweeps only once. */
const sweepMs = 3_600_000

/** Runs the sweeper on a ledger until the assertions pass. `pruned` is the number of pruning steps so far. */
async function sweep(
  ledger: ReturnType<typeof sqliteLedger>,
  clock: ReturnType<typeof testClock>,
  state: (pruned: number) => Promise<void>,
) {
  let pruned = 0
  const counting = {
    ...ledger,
    async prune() {
      pruned += 1
      return ledger.prune()
    },
  }
  const stopping = new AbortController()
  const running = runSweeper({ ledger: counting, clock, logger: silent, sweepMs, stopping: stopping.signal })
  await until(() => state(pruned))
  stopping.abort()
  await running
}

test('expires holds that are no longer renewed', async () => {
  const clock = testClock()
  await using ledger = sqliteLedger(':memory:', { clock })
  await fetched(ledger, units(10))
  const reserve = aReserve()
  await ledger.execute(reserve)
  await clock.advance(reserve.ttlMs + 1)
  await sweep(ledger, clock, async () => {
    expect((await ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
  })
})

test('prunes in steps until no old rows remain', async () => {
  const clock = testClock()
  await using ledger = sqliteLedger(':memory:', { clock, pruneRows: 2, keyRetentionMs: 1_000 })
  await fetched(ledger, units(10))
  const calls = ['a', 'b', 'c', 'd', 'e'].map((key) => aReserve({ key }))
  for (const reserve of calls) {
    await ledger.execute(reserve)
    await ledger.execute(settleOf(reserve))
  }
  await clock.advance(1_001)
  await sweep(ledger, clock, async (pruned) => expect(pruned).toBe(3))
  // The sweeper has pruned all old rows, so another step finds none.
  expect(await ledger.prune()).toBe(false)
})
