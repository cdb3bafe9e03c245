import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, aSettle, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

export const guarantees = (open: OpenLedger) =>
  describe('guarantees', () => {
    test('never oversells: grants exactly 6 of 20 concurrent 75-unit holds on two nodes from 500 units', async () => {
      await using it = await open()
      await fetched(it.ledger, units(500))
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? it.ledger : it.other).execute(aReserve({ legs: [aLeg({ amount: 75 })] })),
        ),
      )
      expect(answers.filter((answer) => answer.state === 'held')).toHaveLength(6)
      expect((await it.other.balances('ada')).balances).toEqual([
        { meter: 'generations', available: 50, held: 450, used: 0, limit: 500, adjusted: 0, parked: 0 },
      ])
    })

    test('never denies a call that fits: grants all 40 concurrent 100-unit holds from 100,000 units', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100_000))
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 ? it.ledger : it.other).execute(aReserve({ legs: [aLeg({ amount: 100 })] })),
        ),
      )
      expect(new Set(answers.map((answer) => answer.state))).toEqual(new Set(['held']))
    })

    test('a denial names every meter with too few units, and its available and held units', async () => {
      await using it = await open()
      await fetched(it.ledger, {
        ...units(10),
        meters: { generations: { available: 10, granted: 10 }, tokens: { available: 0, granted: 5 } },
      })
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 8 })] }))
      const legs = [
        aLeg({ amount: 3 }),
        aLeg({ meter: 'tokens', amount: 2 }),
        aLeg({ meter: 'calls', amount: 1 }),
      ]
      expect(await it.ledger.execute(aReserve({ legs }))).toEqual({
        state: 'short',
        legs: [
          { meter: 'generations', available: 2, held: 8, required: 3, ambiguous: 0 },
          { meter: 'tokens', available: 0, held: 0, required: 2, ambiguous: 0 },
          { meter: 'calls', available: 0, held: 0, required: 1, ambiguous: 0 },
        ],
        asOf: expect.any(Number),
      })
    })

    test("holds units on all of a call's meters or on none", async () => {
      await using it = await open()
      await fetched(it.ledger, {
        ...units(10),
        meters: { generations: { available: 10, granted: 10 }, tokens: { available: 1, granted: 1 } },
      })
      const legs = [aLeg({ amount: 3 }), aLeg({ meter: 'tokens', amount: 2 })]
      expect(await it.ledger.execute(aReserve({ legs }))).toMatchObject({ state: 'short' })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([
        { meter: 'generations', available: 10, held: 0 },
        { meter: 'tokens', available: 1, held: 0 },
      ])
    })

    test('never bills twice: books one charge even if both nodes repeat a settle', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve()
      await it.ledger.execute(reserve)
      const settle = settleOf(reserve, { amount: 4 })
      await Promise.all([it.ledger.execute(settle), it.other.execute(settle), it.ledger.execute(settle)])
      await it.other.execute(settle)
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
      expect(charges).toMatchObject([{ transactionId: reserve.attempt, amount: 4, state: 'waiting' }])
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 6, held: 0, used: 4 }])
      const days = await it.ledger.usage({ customer: 'ada', days: 2 })
      expect(days).toMatchObject([{ meter: 'generations', amount: 4 }])
    })

    test('never loses usage: offers a settled charge for delivery until it is acknowledged', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve()
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { amount: 2, reference: 'picture_1' }))
      expect(await it.other.customersToDeliver(10)).toEqual(['ada'])

      const lease = aTakeLease({ purpose: 'deliver' })
      const taken = await it.ledger.execute(lease)
      const event = {
        customer: 'ada',
        attempt: reserve.attempt,
        meter: 'generations',
        subscription: 'sub_1',
        amount: 2,
        price: { usageMeterSlug: 'generations' },
        usageDate: expect.any(Number),
        parkedBefore: false,
        properties: { procedure: 'studio.generate', reference: 'picture_1' },
      }
      expect(taken).toEqual({ state: 'taken', ambiguous: [], events: [event] })
      expect(await it.other.customersToDeliver(10)).toEqual([])

      it.advance(30_001)
      expect(await it.other.customersToDeliver(10)).toEqual(['ada'])
      const again = aTakeLease({ purpose: 'deliver' })
      expect(await it.other.execute(again)).toEqual({ state: 'taken', ambiguous: [event], events: [] })
      const ack = { attempt: reserve.attempt, meter: 'generations', priceId: 'price_1' }
      await it.other.execute({ type: 'acknowledge', customer: 'ada', events: [ack] })
      await it.other.execute({ type: 'leaveLease', customer: 'ada', token: again.token, untaken: [] })
      expect(await it.ledger.customersToDeliver(10)).toEqual([])
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
      expect(charges).toMatchObject([
        { state: 'delivered', priceId: 'price_1', reference: 'picture_1', amount: 2 },
      ])
    })

    test('never charges for failure: released and denied work costs nothing', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 7 })] })
      await it.ledger.execute(reserve)
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'short',
      })
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: reserve.attempt })
      await it.other.execute({ type: 'release', customer: 'ada', attempt: reserve.attempt })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0, used: 0 }])
      expect(await it.ledger.charges({ customer: 'ada', limit: 10, cursor: null })).toEqual({
        charges: [],
        cursor: null,
      })
    })

    test('never loses usage that it knows about: books a settle that arrives after expiry', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 7 })], ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(1001)
      expect(await it.other.execute({ type: 'expire', customer: 'ada' })).toEqual({
        state: 'swept',
        ended: 1,
      })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
      await it.ledger.execute(settleOf(reserve))
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 3, held: 0, used: 7 }])
    })

    test('never loses usage that it knows about: books a settle even if its hold has no row', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aSettle())
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 9, held: 0, used: 1 }])
    })

    test('charges the actual amount whether it is below or above the held amount', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const [below, above, nothing] = [5, 5, 0].map((amount) =>
        aReserve({ legs: [aLeg({ amount: amount || 1 })] }),
      )
      if (!below || !above || !nothing) throw new Error('Expected three reserves')
      await it.ledger.execute(below)
      await it.ledger.execute(settleOf(below, { amount: 2 }))
      await it.ledger.execute(above)
      await it.ledger.execute(settleOf(above, { amount: 9 }))
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: -1, held: 0, used: 11 }])
      expect(await it.ledger.execute(nothing)).toMatchObject({ state: 'short' })
    })

    test('creates no event for a settle of 0', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve()
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { amount: 0 }))
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 10, held: 0 }])
      expect(await it.ledger.customersToDeliver(10)).toEqual([])
    })

    test('increases the version with every change', async () => {
      await using it = await open()
      expect(await it.ledger.balances('ada')).toEqual({
        version: 0,
        lastAlertAt: 0,
        snapshot: null,
        balances: [],
      })
      await fetched(it.ledger, units(10))
      const { version } = await it.ledger.balances('ada')
      await it.other.execute(aReserve())
      const after = await it.ledger.balances('ada')
      expect(after.version).toBeGreaterThan(version)
      expect(await it.ledger.versions(['ada', 'unknown'])).toEqual(new Map([['ada', after.version]]))
    })
  })
