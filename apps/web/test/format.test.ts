import { expect, it } from 'vitest'
import {
  formatDate,
  formatDay,
  formatMoney,
  formatMonth,
  formatNumber,
  formatPercent,
  formatShort,
  formatShortDate,
  formatTime,
  formatUtcDay,
  formatUtcTime,
} from '../src/format/format.ts'

const at = Date.parse('2026-12-01T05:30:00Z')

it("formats numbers and dates in English and in the browser's time zone, in every locale", () => {
  expect(Intl.DateTimeFormat().resolvedOptions()).toMatchObject({ timeZone: 'America/Los_Angeles' })
  expect([formatNumber(2_000_000), formatShort(2_000_000), formatPercent(87)]).toEqual([
    '2,000,000',
    '2M',
    '87%',
  ])
  expect([formatMoney(2_000, 'USD'), formatMoney(5_267, 'USD'), formatMoney(500, 'JPY')]).toEqual([
    '$20',
    '$52.67',
    '¥500',
  ])
  expect([formatDay(at), formatMonth(at), formatDate(at), formatShortDate(at), formatTime(at)]).toEqual([
    '30 November',
    'November',
    '30 November 2026',
    '30 Nov 2026',
    '30 Nov 2026, 21:30',
  ])
})

it('formats usage days and charge times in UTC', () => {
  expect([formatUtcDay('2026-12-01'), formatUtcTime(at)]).toEqual(['1 Dec', '1 Dec 2026, 05:30 UTC'])
})
