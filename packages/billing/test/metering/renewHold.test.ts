import { expect, onTestFinished, test } from 'vitest'
import type { Renew } from '../../src/ledger/commands.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { type Counted, renewHold } from '../../src/metering/renewHold.ts'
import { testClock } from '../../src/testing/index.ts'

/** The test clock also runs in real time, so these durations are much longer than any test. */
const countEveryMs = 1_000_000
const ttlMs = 100 * countEveryMs

/** Renews the hold of a call that counts units. The ledger records each renewal. */
function counting() {
  const clock = testClock()
  const stored: Renew['counted'][] = []
  const state = {
    units: 0,
    reachable: true,
    answer: 'renewed' as 'renewed' | 'ended',
    booked: [] as string[],
    /** The number of calls to `onUncharged`, which ends the stream. */
    told: 0,
  }
  const onUncharged = () => {
    state.told++
  }
  const ledger = {
    async execute({ counted }: Renew) {
      if (!state.reachable) throw new Error('the store is down')
      stored.push(counted)
      return { state: state.answer, expiresInMs: ttlMs, booked: state.booked }
    },
  } as unknown as Ledger // The tests call only `execute`.
  const readCount = (): Counted => (state.units > 0 ? [{ meter: 'tokens', amount: state.units }] : [])
  const hold = { customer: 'ada', attempt: 'a', ttlMs, expiresInMs: ttlMs }
  const stop = renewHold({ ledger, clock }, { ...hold, readCount, countEveryMs, onUncharged })
  onTestFinished(stop)
  return { state, stored, clock, stop }
}
const tokens = (amount: number) => [{ meter: 'tokens', amount }]

test('writes nothing for a stream that ends before its first count is due', async () => {
  const { state, stored, clock, stop } = counting()
  state.units = 7
  await clock.advance(0.9 * countEveryMs)
  stop()
  await clock.advance(10 * ttlMs)
  expect(stored).toEqual([])
})

test('stores a changed count once per countEveryMs between renewals', async () => {
  const { state, stored, clock } = counting()
  for (const units of [1, 5, 5, 5, 9]) {
    state.units = units
    await clock.advance(countEveryMs)
  }
  expect(stored).toEqual([tokens(1), tokens(5), tokens(9)])
  await clock.advance(0.6 * ttlMs)
  expect(stored).toEqual([tokens(1), tokens(5), tokens(9), tokens(9)])
})

test('stores a count that goes back to 0', async () => {
  const { state, stored, clock } = counting()
  for (const units of [3, 0, 0]) {
    state.units = units
    await clock.advance(countEveryMs)
  }
  expect(stored).toEqual([tokens(3), []])
})

test('stores the count as soon as the store can be reached again, even after the expiry time', async () => {
  const { state, stored, clock } = counting()
  state.reachable = false
  state.units = 3
  await clock.advance(2 * ttlMs)
  state.reachable = true
  await clock.advance(countEveryMs)
  expect(stored).toEqual([tokens(3)])
})

test('stores nothing after the hold has ended', async () => {
  const { state, stored, clock } = counting()
  state.units = 1
  state.answer = 'ended'
  await clock.advance(countEveryMs)
  state.units = 2
  await clock.advance(2 * ttlMs)
  expect(stored).toEqual([tokens(1)])
  expect(state.told).toBe(0)
})

test('ends a stream only once if its counted units can no longer be charged', async () => {
  const { state, stored, clock } = counting()
  state.answer = 'ended'
  state.booked = ['tokens']
  await clock.advance(ttlMs)
  expect(stored).toEqual([[]])
  expect(state.told).toBe(0)
  state.units = 1
  await clock.advance(countEveryMs)
  await clock.advance(2 * ttlMs)
  expect(state.told).toBe(1)
  expect(stored).toEqual([[]])
})

test('does not end a stream whose other meters were charged at expiry', async () => {
  const { state, clock } = counting()
  state.answer = 'ended'
  state.booked = ['generations']
  state.units = 1
  await clock.advance(2 * ttlMs)
  expect(state.told).toBe(0)
})

test('renews a hold before its expiry time if an earlier renewal failed', async () => {
  const { state, stored, clock } = counting()
  state.reachable = false
  await clock.advance(0.5 * ttlMs)
  state.reachable = true
  await clock.advance(0.25 * ttlMs)
  expect(stored).toEqual([[]])
})
