import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import { steadyClock } from '../../src/config/steadyClock.ts'

test('continues from its latest time after each backward step of the clock', () => {
  let now = 1_000
  const steady = steadyClock({ now: () => now, after: systemClock.after })
  const at = (time: number) => {
    now = time
    return steady.now()
  }
  expect([at(1_000), at(5_000), at(1_500), at(1_600), at(1_000), at(1_010)]).toEqual([
    1_000, 5_000, 5_000, 5_100, 5_100, 5_110,
  ])
})
