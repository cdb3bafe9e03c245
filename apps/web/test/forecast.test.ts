import { expect, it } from 'vitest'
import { forecastOf } from '../src/usage/forecast.ts'
import { usageOn } from './usageOn.ts'

const dayMs = 86_400_000
const now = Date.parse('2026-11-30T12:00:00Z')
const inDays = (days: number) => now + days * dayMs
const meter = 'generations' as const

/** Forecasts from the amounts of the days before today, oldest first. */
const forecast = (
  amounts: number[],
  { left = 20, endsAt = inDays(30) }: { left?: number; endsAt?: number | null } = {},
) => forecastOf(usageOn(now, amounts), { meter, left, endsAt, now })

const days = (count: number, amount: number) => Array<number>(count).fill(amount)

it('divides the units left by the average usage per day', () => {
  expect(forecast(days(14, 2), { left: 20 })).toEqual({
    outcome: 'runsOut',
    expected: inDays(10),
    earliest: inDays(10),
    latest: inDays(10),
    perDay: 2,
    days: 14,
  })
})

it('counts days without usage as 0', () => {
  const sparse = [4, 0, 0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 0, 0]
  expect(forecast(sparse)).toMatchObject({ perDay: 16 / 14, days: 14, expected: inDays(17.5) })
})

it('counts only the last 14 days', () => {
  expect(forecast([...days(30, 100), ...days(14, 2)])).toMatchObject({ perDay: 2, days: 14 })
})

it('counts the days since the first usage if there are fewer than 14', () => {
  expect(forecast([3, 0, 3, 0, 3, 0, 0, 3])).toMatchObject({ perDay: 1.5, days: 8 })
  // Because there is usage before the pause, the days without usage count.
  expect(forecast([1, ...days(13, 0), 3, 0, 3, 0, 3, 0, 0, 3])).toMatchObject({ days: 14 })
})

it('ignores today, because the day is not over', () => {
  const usage = usageOn(now + dayMs, [...days(14, 2), 50])
  expect(forecastOf(usage, { meter, left: 20, endsAt: null, now })).toMatchObject({ perDay: 2, days: 14 })
  const midnight = Date.parse('2026-12-01T00:00:00Z')
  const input = { meter, left: 20, endsAt: null }
  expect(forecastOf(usage, { ...input, now: midnight - 1 })).toMatchObject({ perDay: 2 })
  expect(forecastOf(usage, { ...input, now: midnight })).toMatchObject({ perDay: (13 * 2 + 50) / 14 })
})

it("ignores other meters' usage", () => {
  const usage = usageOn(now, days(14, 2)).flatMap((it) => [
    it,
    { ...it, meter: 'tokens' as const, amount: 900 },
  ])
  expect(forecastOf(usage, { meter, left: 20, endsAt: null, now })).toMatchObject({ perDay: 2 })
})

it.each([
  ['no history', []],
  ['six days', days(6, 2)],
  ['usage on only two days', [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]],
  ['no usage in the last 14 days', [...days(20, 2), ...days(14, 0)]],
])('makes no forecast from %s', (_, amounts) => {
  expect(forecast(amounts)).toBeNull()
})

it('makes a forecast if three of seven days have usage', () => {
  expect(forecast([2, 0, 0, 2, 0, 0, 2])).toMatchObject({ days: 7 })
})

it('makes no forecast if no units are left', () => {
  expect(forecast(days(14, 2), { left: 0 })).toBeNull()
  expect(forecast(days(14, 2), { left: -3 })).toBeNull()
  expect(forecast(days(14, 2), { left: 1 })).not.toBeNull()
})

it('gives a wider range if the days differ more', () => {
  const width = (amounts: number[]) => {
    const { earliest = 0, latest = 0, expected } = forecast(amounts) ?? {}
    expect(earliest).toBeLessThan(expected ?? 0)
    expect(latest).toBeGreaterThan(expected ?? 0)
    return latest - earliest
  }
  const [similar = [], different = []] = [
    [1, 2, 3],
    [0, 2, 4],
  ].map((three) => [...three, ...three, ...three, ...three, 2, 2])
  expect(width(different)).toBeGreaterThan(width(similar))
})

it('forecasts a wider range from fewer days of usage', () => {
  const width = (amounts: number[]) => {
    const { earliest = 0, latest = 0 } = forecast(amounts) ?? {}
    return latest - earliest
  }
  expect(width([1, 3, 1, 3, 1, 3, 2])).toBeGreaterThan(width([1, 3, 1, 3, 1, 3, 2, 1, 3, 1, 3, 1, 3, 2]))
})

it('gives a range without an end if the average may be close to 0', () => {
  expect(forecast([1, ...days(11, 0), 1, 1, 40])).toMatchObject({
    latest: Number.POSITIVE_INFINITY,
    outcome: 'probablyRunsOut',
  })
})

it('derives the outcome from the range and the end of the period', () => {
  const amounts = [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]
  const { earliest = 0, expected = 0, latest = 0 } = forecast(amounts) ?? {}
  const outcome = (endsAt: number | null) => forecast(amounts, { endsAt })?.outcome
  expect(outcome(latest + 1)).toBe('runsOut')
  expect(outcome(latest)).toBe('probablyRunsOut')
  expect(outcome(expected)).toBe('probablyLasts')
  expect(outcome(earliest)).toBe('lasts')
  expect(outcome(null)).toBe('runsOut')
  expect(forecast(amounts, { endsAt: null, left: 2_000 })?.outcome).toBe('lasts')
})

/** Returns the same sequence of numbers from 0 to 1 in each run (mulberry32). */
function randomNumbers(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

it.each([
  ['with similar days', (random: () => number) => 10 + Math.floor(random() * 10)],
  ['with very different days', (random: () => number) => Math.floor(random() ** 3 * 60)],
  ['who are active on a third of the days', (random: () => number) => (random() < 0.33 ? 20 : 0)],
])('gives a range that is correct for about four in five customers %s', (_, amount) => {
  const random = randomNumbers(7)
  let right = 0
  let forecasts = 0
  for (let customer = 0; customer < 1_000; customer++) {
    const left = 100 + Math.floor(random() * 200)
    const range = forecast(
      Array.from({ length: 14 }, () => amount(random)),
      { left, endsAt: null },
    )
    if (range === null) continue
    let used = 0
    let day = 0
    while (used < left) {
      used += amount(random)
      day += 1
    }
    forecasts += 1
    // The last unit was used during the last day.
    if (inDays(day) >= range.earliest && inDays(day - 1) <= range.latest) right += 1
  }
  expect(forecasts).toBeGreaterThan(800)
  expect(right / forecasts).toBeGreaterThan(0.75)
  expect(right / forecasts).toBeLessThan(0.95)
})
