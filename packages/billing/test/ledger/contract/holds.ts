import { describe, expect, test } from 'vitest'
import { aLeg, aRenew, aReserve, aSnapshot, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { balance } from './steps.ts'

export const holds = (open: OpenLedger) =>
  describe('holds', () => {
    test('holds units only once when a reserve runs again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 6 })], key: 'k' })
      const first = await it.ledger.execute(reserve)
      expect(await it.other.execute(reserve)).toMatchObject({ state: 'held', subscription: 'sub_1' })
      expect(first.state).toBe('held')
      expect((await balance(it.ledger))?.held).toBe(6)
    })

    test('renews a hold past its expiry time unless the hold has ended', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(5000)
      const renew = aRenew(reserve, { ttlMs: 1000 })
      expect(await it.other.execute(renew)).toMatchObject({ state: 'renewed' })
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect(await it.other.execute(renew)).toEqual({ state: 'ended', booked: [] })
      expect((await balance(it.ledger))?.held).toBe(0)
    })

    test("doesn't extend a hold beyond its maximum lifetime", async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ ttlMs: 1000, maxHoldMs: 1500 })
      await it.ledger.execute(reserve)
      const renew = aRenew(reserve, { ttlMs: 1000 })
      it.advance(900)
      expect(await it.ledger.execute(renew)).toMatchObject({ state: 'atMaximum' })
      it.advance(700)
      expect(await it.ledger.customersWithDueHolds(10)).toEqual(['ada'])
      expect(await it.ledger.execute({ type: 'expire', customer: 'ada' })).toEqual({
        state: 'swept',
        ended: 1,
      })
      expect(await it.ledger.customersWithDueHolds(10)).toEqual([])
    })

    test('limits the expiry time of a new hold to its maximum lifetime', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ ttlMs: 2000, maxHoldMs: 1000 })
      expect(await it.ledger.execute(reserve)).toMatchObject({ state: 'held', expiresInMs: 1000 })
      expect(await it.other.customersWithDueHolds(10)).toEqual([])
      it.advance(1000)
      expect(await it.other.customersWithDueHolds(10)).toEqual(['ada'])
    })

    test('expires abandoned holds before it denies a reserve', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 10 })], ttlMs: 1000 }))
      expect(await it.other.execute(aReserve())).toMatchObject({ state: 'short' })
      it.advance(1001)
      expect(await it.other.execute(aReserve())).toMatchObject({ state: 'held' })
      expect((await balance(it.ledger))?.held).toBe(1)
    })

    test('returns units only once when two sweepers expire the same hold', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })], ttlMs: 1000 }))
      it.advance(1001)
      const expire = { type: 'expire', customer: 'ada' } as const
      const swept = await Promise.all([it.ledger.execute(expire), it.other.execute(expire)])
      expect(swept.map((answer) => answer.ended).sort()).toEqual([0, 1])
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
    })

    test('flags a charge as late only if its hold had expired', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const [inTime, late] = [aReserve(), aReserve({ ttlMs: 1000 })]
      await it.ledger.execute(inTime)
      await it.ledger.execute(late)
      it.advance(1001)
      await it.other.execute({ type: 'expire', customer: 'ada' })
      expect(await it.ledger.execute(settleOf(inTime))).toEqual({ state: 'settled' })
      expect(await it.ledger.execute(settleOf(late))).toEqual({ state: 'settled', isLate: true })
      // A repeated settle books nothing.
      expect(await it.ledger.execute(settleOf(late))).toEqual({ state: 'settled' })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges.map(({ transactionId, flagged }) => [transactionId, flagged])).toEqual(
        expect.arrayContaining([
          [inTime.attempt, null],
          [late.attempt, 'late'],
        ]),
      )
    })

    test('keeps the amount that was booked at expiry, even if a late settle follows', async () => {
      await using it = await open()
      await fetched(it.ledger, {
        ...units(10),
        meters: { generations: { available: 10, granted: 10 }, tokens: { available: 10, granted: 10 } },
      })
      const legs = [
        aLeg({ amount: 4, onExpiry: 'settle' }),
        aLeg({ meter: 'tokens', amount: 3, onExpiry: 'release' }),
      ]
      const reserve = aReserve({ legs, ttlMs: 1000, key: 'k' })
      await it.ledger.execute(reserve)
      it.advance(1001)
      await it.other.execute({ type: 'expire', customer: 'ada' })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([
        { meter: 'generations', available: 6, held: 0 },
        { meter: 'tokens', available: 10, held: 0 },
      ])
      // Expiry has already charged the operation, so a retry before the late settle gets `completed` without
      // a result.
      expect(await it.ledger.execute(aReserve({ legs, key: 'k' }))).toEqual({
        state: 'completed',
        result: null,
      })
      expect(await it.ledger.execute(settleOf(reserve, { amount: 1, result: '"late"' }))).toEqual({
        state: 'settled',
        isLate: true,
      })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([
        { meter: 'generations', available: 6, held: 0 },
        { meter: 'tokens', available: 9, held: 0 },
      ])
      expect(await it.ledger.execute(aReserve({ legs, key: 'k' }))).toEqual({
        state: 'completed',
        result: '"late"',
      })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges.find((charge) => charge.meter === 'generations')).toMatchObject({
        amount: 4,
        flagged: 'expired',
      })
    })

    test('ignores the release of a hold that was charged at expiry', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ onExpiry: 'settle' })], ttlMs: 1000, key: 'k' })
      await it.ledger.execute(reserve)
      it.advance(1000)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: reserve.attempt })
      expect(await it.other.execute(aReserve({ legs: reserve.legs, key: 'k' }))).toEqual({
        state: 'completed',
        result: null,
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 9, held: 0 })
    })

    test('charges the subscription that a hold was reserved under', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 4 })] })
      await it.ledger.execute(reserve)
      await fetched(it.ledger, aSnapshot({ id: 'sub_2', priceSlug: 'pro_monthly' }))
      // Only the holds and counters of the snapshot's subscription affect the balance.
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
      await it.ledger.execute(settleOf(reserve, { subscription: 'sub_2' }))
      const taken = await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))
      expect(taken).toMatchObject({ events: [{ subscription: 'sub_1', amount: 4 }] })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
    })

    test('holds and books unlimited and overage units without comparing them with the balance', async () => {
      await using it = await open()
      await fetched(it.ledger, aSnapshot({ features: ['unlimited'] }), {
        unlimitedBy: { generations: 'unlimited' },
      })
      const unlimited = aReserve({ legs: [aLeg({ amount: 50, unlimitedBy: 'unlimited' })] })
      expect(await it.ledger.execute(unlimited)).toMatchObject({ state: 'held' })
      await it.ledger.execute(settleOf(unlimited))
      const overage = aReserve({ legs: [aLeg({ amount: 50, overageWith: 'unlimited' })] })
      expect(await it.ledger.execute(overage)).toMatchObject({ state: 'held' })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: -90, held: 50 }])
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ unlimitedBy: 'other' })] }))).toMatchObject({
        state: 'short',
      })
    })
  })
