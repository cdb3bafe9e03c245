import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger, TwoNodes } from './openLedger.ts'
import { spend } from './steps.ts'

const hour = 3_600_000

export const usage = (open: OpenLedger) =>
  describe('usage by day', () => {
    /** Spends 1 and 2 units at the edges of 22 November, 4 units on 23 November and 8 units on 25 November. */
    async function spendOnThreeDays(it: TwoNodes) {
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 1)
      it.advance(12 * hour - 1)
      await spend(it.ledger, 2)
      it.advance(1)
      await spend(it.ledger, 4)
      it.advance(48 * hour)
      await fetched(it.ledger, units(93, 100))
      await spend(it.ledger, 8)
    }
    const onDay = (day: string, amount: number) => ({ day, meter: 'generations', amount })
    const first = onDay('2026-11-22', 3)
    const second = onDay('2026-11-23', 4)
    const last = onDay('2026-11-25', 8)

    test.each([
      ['from the first day to the last day', '2026-11-22', '2026-11-25', [first, second, last]],
      ['on one day', '2026-11-23', '2026-11-23', [second]],
      ['on a day without usage', '2026-11-24', '2026-11-24', []],
      ['until the day before a day with usage', '2026-11-21', '2026-11-24', [first, second]],
      ['from the day after a day with usage', '2026-11-24', '2026-11-30', [last]],
      ['without an end', '2026-11-23', null, [second, last]],
      ['in a range whose end is before its start', '2026-11-25', '2026-11-22', []],
    ])('returns the usage %s', async (_, from, to, expected) => {
      await using it = await open()
      await spendOnThreeDays(it)
      expect(await it.other.usage({ customer: 'ada', from, to })).toEqual(expected)
      expect(await it.other.usage({ customer: 'bob', from, to })).toEqual([])
    })

    test('returns the usage of the last days, including today', async () => {
      await using it = await open()
      await spendOnThreeDays(it)
      expect(await it.ledger.usage({ customer: 'ada', days: 1 })).toEqual([last])
      expect(await it.ledger.usage({ customer: 'ada', days: 3 })).toEqual([second, last])
      expect(await it.ledger.usage({ customer: 'ada', days: 4 })).toEqual([first, second, last])
    })

    test('returns each meter’s usage on a day separately', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 2 })] })
      await it.ledger.execute(reserve)
      const settle = settleOf(reserve)
      const legs = settle.legs.flatMap((leg) => [leg, { ...leg, meter: 'api_calls', amount: 5 }])
      await it.ledger.execute({ ...settle, legs })
      expect(await it.ledger.usage({ customer: 'ada', from: '2026-11-22', to: '2026-11-22' })).toEqual([
        { day: '2026-11-22', meter: 'api_calls', amount: 5 },
        { day: '2026-11-22', meter: 'generations', amount: 2 },
      ])
    })
  })
