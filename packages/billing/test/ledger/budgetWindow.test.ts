import { expect, test } from 'vitest'
import { windowAt } from '../../src/ledger/core/budgetWindow.ts'
import { aSnapshot } from './builders.ts'

const at = (time: string) => Date.parse(time)
const shown = (time: number | null) => time && new Date(time).toISOString().replace(':00.000Z', 'Z')
const windowOf = (window: 'hour' | 'day' | 'month', timeZone: string, time: string) => {
  const { windowStart, windowEnd } = windowAt({ window, timeZone }, at(time), null)
  return [shown(windowStart), shown(windowEnd)]
}

test.each([
  ['hour', 'UTC', '2026-11-30T14:59:59.999Z', '2026-11-30T14:00Z', '2026-11-30T15:00Z'],
  ['hour', 'UTC', '2026-11-30T15:00:00Z', '2026-11-30T15:00Z', '2026-11-30T16:00Z'],
  ['day', 'Asia/Kolkata', '2026-11-30T14:59:00Z', '2026-11-29T18:30Z', '2026-11-30T18:30Z'],
  ['day', 'UTC', '2026-11-30T14:59:00Z', '2026-11-30T00:00Z', '2026-12-01T00:00Z'],
  ['day', 'Pacific/Kiritimati', '2026-11-30T14:59:00Z', '2026-11-30T10:00Z', '2026-12-01T10:00Z'],
  ['month', 'UTC', '2026-02-28T23:59:00Z', '2026-02-01T00:00Z', '2026-03-01T00:00Z'],
  ['month', 'UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00Z', '2028-03-01T00:00Z'],
  ['month', 'UTC', '2026-12-31T12:00:00Z', '2026-12-01T00:00Z', '2027-01-01T00:00Z'],
  ['month', 'America/New_York', '2026-11-01T03:59:00Z', '2026-10-01T04:00Z', '2026-11-01T04:00Z'],
] as const)('returns the %s in %s at %s', (window, timeZone, time, start, end) => {
  expect(windowOf(window, timeZone, time)).toEqual([start, end])
})

test.each([
  ['23 hours when summer time begins', 'Europe/Berlin', '2026-03-29T10:00:00Z', 23],
  ['25 hours when summer time ends', 'Europe/Berlin', '2026-10-25T10:00:00Z', 25],
  ['23 hours when summer time begins at midnight', 'Africa/Cairo', '2026-04-24T10:00:00Z', 23],
  ['24.5 hours when the clock moves half an hour', 'Australia/Lord_Howe', '2026-04-05T00:00:00Z', 24.5],
])('a day has %s', (_, timeZone, time, hours) => {
  const { windowStart, windowEnd } = windowAt({ window: 'day', timeZone }, at(time), null)
  expect(((windowEnd ?? 0) - windowStart) / 3_600_000).toBe(hours)
})

test.each([
  'Europe/Berlin',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'UTC',
])('every time in a year belongs to exactly one day and one month (%s)', (timeZone) => {
  for (const window of ['day', 'month'] as const) {
    let time = at('2011-06-15T00:00:00Z')
    const end = at('2012-06-15T00:00:00Z')
    while (time < end) {
      const { windowStart, windowEnd } = windowAt({ window, timeZone }, time, null)
      expect(windowStart).toBeLessThanOrEqual(time)
      expect(windowEnd).toBeGreaterThan(time)
      const last = windowAt({ window, timeZone }, (windowEnd ?? 0) - 1, null)
      expect(last).toEqual({ windowStart, windowEnd })
      time = windowEnd ?? end
    }
  }
})

test('returns the billing period of the subscription', () => {
  const { subscription } = aSnapshot({ periodStart: 5, periodEnd: 9 })
  const budget = { window: 'period', timeZone: null } as const
  expect(windowAt(budget, 7, subscription)).toEqual({ windowStart: 5, windowEnd: 9 })
  expect(windowAt(budget, 7, aSnapshot().subscription)).toEqual({ windowStart: 0, windowEnd: null })
})
