import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, aSnapshot, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

const held = async (it: Awaited<ReturnType<OpenLedger>>) =>
  (await it.ledger.balances('ada')).balances[0]?.held

export const holds = (open: OpenLedger) =>
  describe('holds', () => {
    test('a reserve run again answers the same and holds once', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 6 })], key: 'k' })
      const first = await it.ledger.execute(reserve)
      expect(await it.other.execute(reserve)).toMatchObject({ state: 'held', subscription: 'sub_1' })
      expect(first.state).toBe('held')
      expect(await held(it)).toBe(6)
    })

    test('a hold still marked held is renewed however late; an ended one stays ended', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(5000)
      const renew = { type: 'renew', customer: 'ada', attempt: reserve.attempt, ttlMs: 1000 } as const
      expect(await it.other.execute(renew)).toMatchObject({ state: 'renewed' })
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect(await it.other.execute(renew)).toEqual({ state: 'ended' })
      expect(await held(it)).toBe(0)
    })

    test('renewal ends at the maximum, so work that never ends stops holding', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ ttlMs: 1000, maxHoldMs: 1500 })
      await it.ledger.execute(reserve)
      const renew = { type: 'renew', customer: 'ada', attempt: reserve.attempt, ttlMs: 1000 } as const
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

    test('a reserve that is short first gives back what the dead still hold', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 10 })], ttlMs: 1000 }))
      expect(await it.other.execute(aReserve())).toMatchObject({ state: 'short' })
      it.advance(1001)
      expect(await it.other.execute(aReserve())).toMatchObject({ state: 'held' })
      expect(await held(it)).toBe(1)
    })

    test('a clock that runs backwards never takes a customer back in time', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const [first, second, third] = [aReserve(), aReserve(), aReserve({ ttlMs: 1000 })]
      await it.ledger.execute(first)
      await it.ledger.execute(settleOf(first))
      it.advance(500)
      await it.ledger.execute(second)
      it.advance(-3_600_000)
      await it.other.execute(settleOf(second))
      expect(await it.other.execute(third)).toMatchObject({ expiresInMs: 1000, snapshotAgeMs: 500 })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges.map((charge) => charge.transactionId)).toEqual([second.attempt, first.attempt])
      expect((charges[0]?.at ?? 0) - (charges[1]?.at ?? 0)).toBe(500)
      expect((await it.ledger.balances('ada')).snapshot).toMatchObject({ ageMs: 500 })

      // As far back as before: only now does time go on, and the hold is over a second later.
      it.advance(3_600_999)
      expect(await it.other.execute({ type: 'expire', customer: 'ada' })).toEqual({
        state: 'swept',
        ended: 0,
      })
      it.advance(1)
      expect(await it.ledger.execute({ type: 'expire', customer: 'ada' })).toEqual({
        state: 'swept',
        ended: 1,
      })
    })

    test('two sweepers give units back once', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })], ttlMs: 1000 }))
      it.advance(1001)
      const expire = { type: 'expire', customer: 'ada' } as const
      const swept = await Promise.all([it.ledger.execute(expire), it.other.execute(expire)])
      expect(swept.map((answer) => answer.ended).sort()).toEqual([0, 1])
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
    })

    test('work that costs money even if the process died is booked at expiry, and the booking stands', async () => {
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
      // A retry before the late settle: paid for, but no result yet.
      expect(await it.ledger.execute(aReserve({ legs, key: 'k' }))).toEqual({
        state: 'completed',
        result: null,
      })
      expect(await it.ledger.execute(settleOf(reserve, { amount: 1, result: '"late"' }))).toEqual({
        state: 'settled',
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

    test('a hold keeps its subscription: its event goes there whatever happened since', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 4 })] })
      await it.ledger.execute(reserve)
      await fetched(it.ledger, aSnapshot({ id: 'sub_2', priceSlug: 'pro_monthly' }))
      // Only holds and counters of the snapshot's subscription count.
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
      await it.ledger.execute(settleOf(reserve, { subscription: 'sub_2' }))
      const taken = await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))
      expect(taken).toMatchObject({ events: [{ subscription: 'sub_1', amount: 4 }] })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
    })

    test('unlimited and overage are held and booked like everything; only the comparison is skipped', async () => {
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
