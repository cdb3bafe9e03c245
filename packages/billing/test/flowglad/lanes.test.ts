import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createLanes } from '../../src/flowglad/lanes.ts'
import { sqliteLedger } from '../../src/index.ts'

test("who waits for a lane inside one process gives up when patience ends, and takes nobody's turn", async () => {
  const ledger = sqliteLedger(':memory:')
  const lanes = createLanes({ ledger, clock: systemClock, leaseMs: 30_000 })
  const mine = await lanes.takeForFetch('ada', 1_000)
  expect(await lanes.takeForFetch('ada', 1)).toBeNull()
  const patient = lanes.takeForFetch('ada', 30_000)
  await mine?.leave()
  expect(await patient).not.toBeNull()
  await (await patient)?.leave()
  expect(await lanes.tryDeliver('ada', 1)).not.toBeNull()
  await ledger.close()
})
