import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, aSnapshot, fetched, units } from '../builders.ts'
import { actsOf } from './acts.ts'
import type { OpenLedger } from './openLedger.ts'
import { anAct, balance, deliver, park, spend } from './steps.ts'

const meter = 'generations'
const adjust = (amount: number) => anAct({ type: 'adjust', meter, amount })
const periodOf = (periodStart: number, available: number, granted = 10) =>
  aSnapshot({ periodStart, meters: { generations: { available, granted } } })

export const adjustments = (open: OpenLedger) =>
  describe('adjustments by operators', () => {
    test('adds units that last until the period ends', async () => {
      await using it = await open()
      await fetched(it.ledger, periodOf(1, 10))
      expect(await it.other.execute(adjust(5))).toMatchObject({
        state: 'done',
        act: {
          before: { accounts: [{ available: 10 }] },
          after: { accounts: [{ available: 15, adjusted: 5 }] },
        },
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 15, used: 0, limit: 15 })
      await spend(it.ledger, 3)
      await deliver(it.ledger)
      await fetched(it.ledger, periodOf(1, 7))
      expect(await balance(it.ledger)).toMatchObject({ available: 12, used: 3, limit: 15 })
      expect(await it.other.execute(aReserve({ legs: [aLeg({ amount: 13 })] }))).toMatchObject({
        state: 'short',
      })
      await fetched(it.ledger, periodOf(2, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0, limit: 10 })
    })

    test("makes a new period's whole grant available even if Flowglad subtracts spent adjustments from it", async () => {
      await using it = await open()
      await fetched(it.ledger, periodOf(1, 10))
      await it.ledger.execute(adjust(5))
      await spend(it.ledger, 13)
      await deliver(it.ledger)
      await fetched(it.other, periodOf(1, -3))
      expect(await balance(it.ledger)).toMatchObject({ available: 2, used: 13, limit: 15 })
      await fetched(it.ledger, periodOf(2, 7))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0, limit: 10 })
    })

    test("subtracts no more units than the period's limit", async () => {
      await using it = await open()
      await fetched(it.ledger, periodOf(1, 10))
      await spend(it.ledger, 4)
      await it.ledger.execute(adjust(-8))
      expect(await balance(it.other)).toMatchObject({ available: -2, used: 4, limit: 2 })
      expect(await it.ledger.execute(adjust(-3))).toEqual({ state: 'refused', why: 'aboveLimit' })
      await deliver(it.ledger)
      await fetched(it.ledger, periodOf(2, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0, limit: 10 })
    })

    test('refuses an adjustment if the customer has no balance', async () => {
      await using it = await open()
      const refused = { state: 'refused', why: 'noBalance' }
      expect(await it.ledger.execute(adjust(5))).toEqual(refused)
      await fetched(it.ledger, units(10))
      expect(await it.ledger.execute(anAct({ type: 'adjust', meter: 'tokens', amount: 5 }))).toEqual(refused)
      await fetched(it.ledger, { subscription: null, meters: {} })
      expect(await it.ledger.execute(adjust(5))).toEqual(refused)
    })

    test('refunds a charge only once even if a second command has a different ID', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 4)
      const refund = () => anAct({ type: 'refund', attempt, meter })
      const done = await it.ledger.execute(refund())
      expect(done).toMatchObject({ state: 'done', act: { after: { accounts: [{ adjusted: 4 }] } } })
      expect(await it.other.execute(refund())).toEqual({ ...done, state: 'repeated' })
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 4, limit: 14 })
      expect(await actsOf(it.ledger)).toHaveLength(1)
    })

    test('returns the units of a refunded event only once if the event is dropped', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 4)
      await park(it.ledger, attempt)
      await it.ledger.execute(adjust(1))
      await it.ledger.execute(anAct({ type: 'refund', attempt, meter }))
      await it.other.execute(anAct({ type: 'drop', attempt, meter }))
      await fetched(it.ledger, units(10))
      expect(await balance(it.ledger)).toMatchObject({ available: 11, used: 0, limit: 11 })
    })

    test('refunds only charges that cost units', async () => {
      await using it = await open()
      const snapshot = aSnapshot({ features: ['all'] })
      await fetched(it.ledger, snapshot, { unlimitedBy: { generations: 'all' } })
      const free = await spend(it.ledger, 1)
      await fetched(it.ledger, units(10))
      const dropped = await spend(it.ledger, 1)
      await park(it.ledger, dropped)
      await it.ledger.execute(anAct({ type: 'drop', attempt: dropped, meter }))
      const refusals = []
      for (const attempt of [free, dropped, 'none'])
        refusals.push(await it.ledger.execute(anAct({ type: 'refund', attempt, meter })))
      expect(refusals).toEqual(['unlimited', 'dropped', 'noEvent'].map((why) => ({ state: 'refused', why })))
    })
  })
