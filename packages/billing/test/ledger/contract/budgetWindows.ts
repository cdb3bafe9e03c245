import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aLeg, aRenew, aReserve, aSettle, aSnapshot, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { listBudgets, setBudget, spend } from './steps.ts'

const hour = 3_600_000
const noon = Date.parse('2026-11-22T12:00:00Z')

const take = (ledger: Ledger, amount = 1) => ledger.execute(aReserve({ legs: [aLeg({ amount })] }))

const meters = { generations: { available: 100, granted: 100 } }
const period = (periodStart: number | null, periodEnd: number | null, id = 'sub_1') =>
  aSnapshot({ id, periodStart, periodEnd, meters })

export const budgetWindows = (open: OpenLedger) =>
  describe('budget windows', () => {
    test('over a billing period go on while Flowglad reports no subscription', async () => {
      await using it = await open()
      const current = period(noon - hour, noon + 24 * hour)
      await fetched(it.ledger, current)
      await setBudget(it.ledger, { window: 'period' })
      await spend(it.ledger, 2)
      const [running, settled] = [aReserve({ legs: [aLeg({ amount: 2 })] }), aReserve()]
      await it.ledger.execute(running)
      await it.ledger.execute(settled)
      await fetched(it.ledger, { subscription: null, meters: {} })
      await it.ledger.execute(settleOf(settled))
      await fetched(it.ledger, current)
      expect(await take(it.ledger)).toMatchObject({ state: 'overBudget', budgets: [{ used: 3, held: 2 }] })
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: running.attempt })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 3, held: 0, resetsAt: noon + 24 * hour }])
    })

    test('over a billing period don’t start again when an earlier period comes back', async () => {
      await using it = await open()
      const [first, second] = [period(noon - hour, noon + 9 * hour), period(noon, noon + 99 * hour, 'sub_2')]
      await fetched(it.ledger, first)
      await setBudget(it.ledger, { window: 'period' })
      const running = aReserve({ legs: [aLeg({ amount: 4 })] })
      await it.ledger.execute(running)
      await fetched(it.ledger, second)
      await spend(it.ledger, 3)
      await fetched(it.ledger, first)
      expect(await take(it.ledger, 3)).toMatchObject({ budgets: [{ used: 3, resetsAt: noon + 9 * hour }] })
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: running.attempt })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 3, held: 0 }])
      await fetched(it.ledger, period(noon + 1, null))
      expect(await take(it.ledger, 5)).toMatchObject({ state: 'held' })
    })

    test('over a billing period go on until Flowglad reports the next one', async () => {
      await using it = await open()
      await fetched(it.ledger, period(noon - hour, noon + hour))
      await setBudget(it.ledger, { window: 'period' })
      await spend(it.ledger, 1)
      it.advance(2 * hour)
      await it.ledger.execute(aSettle())
      await fetched(it.ledger, period(noon - hour, noon + 3 * hour))
      await take(it.ledger, 1)
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 2, held: 1, resetsAt: noon + 3 * hour }])
    })

    test('count all earlier usage since the midnight in their time zone', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const midnight = noon + 6.5 * hour
      it.advance(midnight - 1 - noon)
      await spend(it.ledger, 1)
      it.advance(1)
      await spend(it.ledger, 2)
      it.advance(5.5 * hour - 1)
      await spend(it.ledger, 4)
      it.advance(1)
      await spend(it.ledger, 8)
      it.advance(1)
      await setBudget(it.other, { window: 'day', timeZone: 'Asia/Kolkata', limit: 50 })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 14, resetsAt: midnight + 24 * hour }])
    })

    test('in a new time zone count calls that were running when the time zone changed', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { window: 'day' })
      const running = aReserve()
      await it.ledger.execute(running)
      await setBudget(it.ledger, { window: 'day', timeZone: 'Asia/Kolkata' })
      await it.ledger.execute(settleOf(running))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 1, held: 0 }])
    })

    test('do not count calls that were running before the window and before the budget was set', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const running = aReserve({ ttlMs: 2 * hour, maxHoldMs: 2 * hour })
      await it.ledger.execute(running)
      it.advance(hour)
      await setBudget(it.ledger, { window: 'hour' })
      await it.ledger.execute(settleOf(running))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 0 }])
    })

    test('count usage without a hold after the clock has stepped backward', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { window: 'hour' })
      await spend(it.ledger, 1)
      it.advance(-2 * hour)
      await it.ledger.execute(aSettle())
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 2 }])
    })

    test.each([
      { window: 'hour', ahead: 30 * hour, resetsAt: noon + hour },
      { window: 'day', ahead: 300 * hour, resetsAt: noon + 12 * hour },
    ] as const)(
      'of a $window that began while the clock was ahead end with the current $window',
      async ({ window, ahead, resetsAt }) => {
        await using it = await open()
        await fetched(it.ledger, units(100))
        await setBudget(it.ledger, { window })
        it.advance(ahead)
        await fetched(it.ledger, units(100))
        await spend(it.ledger, 4)
        const running = aReserve({ maxHoldMs: 1000 * hour, ttlMs: 1000 * hour })
        await it.ledger.execute(running)
        it.advance(-ahead)
        await it.ledger.execute(aRenew(running, { ttlMs: 1000 * hour }))
        expect(await take(it.other)).toMatchObject({ budgets: [{ used: 4, held: 1, resetsAt }] })
        expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4, held: 1, resetsAt }])
        it.advance(resetsAt - noon)
        await fetched(it.ledger, units(100))
        expect(await take(it.ledger, 5)).toMatchObject({ state: 'held' })
        it.advance(ahead)
        await fetched(it.ledger, units(100))
        await take(it.ledger, 2)
        await it.ledger.execute({ type: 'release', customer: 'ada', attempt: running.attempt })
        expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 2 }])
        expect(await it.ledger.audit('ada')).toEqual([])
      },
    )
  })
