import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createLimiter } from '../src/limits/limiter.ts'
import { networkOf } from '../src/limits/networkOf.ts'

function limiterAtHand({ calls = 3, windowMs = 1_000, maxKeys = 100 } = {}) {
  let time = 0
  const advance = (ms: number) => {
    time += ms
  }
  const limiter = createLimiter({ calls, windowMs }, { now: () => time, maxKeys })
  return { ...limiter, advance }
}

test('limits each key separately and reports when its window ends', () => {
  const { take, advance } = limiterAtHand()
  expect([take('ada'), take('ada', 2)]).toEqual([0, 0])
  advance(400)
  expect([take('ada'), take('grace')]).toEqual([600, 0])
  advance(600)
  expect(take('ada')).toBe(0)
})

test('does not count calls that it rejects', () => {
  const { take } = limiterAtHand()
  expect([take('ada', 2), take('ada', 2), take('ada')]).toEqual([0, 1_000, 0])
})

test('reports the wait time without counting a call', () => {
  const { take, waitMs } = limiterAtHand({ calls: 1 })
  expect(waitMs('ada')).toBe(0)
  take('ada')
  expect(waitMs('ada')).toBe(1_000)
})

test('allows no more calls than the limit after a call is given back twice', () => {
  const { take, giveBack } = limiterAtHand({ calls: 1 })
  take('ada')
  giveBack('ada')
  giveBack('ada')
  expect([take('ada'), take('ada')]).toEqual([0, 1_000])
})

test('forgets only the keys with the oldest windows when there are too many keys', () => {
  const { take } = limiterAtHand({ calls: 1, maxKeys: 4 })
  for (const key of ['a', 'b', 'c', 'd', 'e']) take(key)
  expect(['c', 'd', 'e'].map((key) => take(key))).toEqual([1_000, 1_000, 1_000])
  expect(take('a')).toBe(0)
})

test('uses bounded memory for a million different keys of any length', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const { take } = createLimiter({ calls: 1, windowMs: 600_000 })
  const padding = 'x'.repeat(200)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let key = 0; key < 1_000_000; key++)
    take(key % 20 ? `2001:db8:${key}::/64` : `${key}${padding}@example.com`)
  collectGarbage()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(40_000_000)
  expect(take('2001:db8:999999::/64')).toBeGreaterThan(0)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['::1', '::/64'],
  ['192.0.2.1:443', '192.0.2.1'],
  ['[2001:db8::1]:443', '2001:db8::/64'],
  ['[2001:db8::1]', '2001:db8::/64'],
])('maps the address "%s" to the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test.each([['[unknown]:443'], ['unknown'], ['']])('finds no network for the address "%s"', (address) => {
  expect(networkOf(address)).toBeNull()
})
