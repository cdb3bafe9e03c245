import { expect, test } from 'vitest'
import { RecentMap } from '../../src/config/recentMap.ts'
import { Throttle } from '../../src/flowglad/throttle.ts'

test('allows each customer a burst and then one fetch per interval', () => {
  let now = 0
  const throttle = new Throttle({ burst: 3, everyMs: 100, clock: { now: () => now } })
  const taken = (customer: string, times: number) =>
    Array.from({ length: times }, () => throttle.take(customer)).filter(Boolean).length
  expect([taken('ada', 5), taken('bob', 1)]).toEqual([3, 1])
  now = 250
  expect(taken('ada', 5)).toBe(2)
  now = 300
  expect(taken('ada', 5)).toBe(1)
  now = 10_000
  expect(taken('ada', 5)).toBe(3)
})

test('evicts the least recently used key when the map is full', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)
  expect([map.peek('a'), map.peek('b'), map.peek('c')]).toEqual([1, undefined, 3])
})
