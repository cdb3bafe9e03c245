import { describe, expect, test } from 'vitest'
import { aLeg, aRenew, aReserve, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, spend } from './steps.ts'

export const pendingWork = (open: OpenLedger) =>
  describe('pending work', () => {
    test('lists only the customer’s open holds, oldest first', async () => {
      await using it = await open()
      for (const customer of ['ada', 'bob']) await fetched(it.ledger, units(20), { customer })
      const first = aReserve({ legs: [aLeg({ amount: 4 })] })
      await it.ledger.execute(first)
      it.advance(1)
      const second = aReserve()
      await it.ledger.execute(second)
      await it.ledger.execute(aRenew(second, { counted: [{ meter: 'generations', amount: 7 }] }))
      const ended = aReserve()
      await it.ledger.execute(ended)
      await it.ledger.execute(settleOf(ended))
      await it.ledger.execute(aReserve({ customer: 'bob' }))
      const hold = { procedure: 'studio.generate', subscription: 'sub_1', counted: [] }
      expect(await it.other.holds('ada')).toEqual([
        {
          ...hold,
          attempt: first.attempt,
          legs: [{ meter: 'generations', amount: 4 }],
          startedAt: expect.any(Number),
          expiresAt: expect.any(Number),
        },
        {
          ...hold,
          attempt: second.attempt,
          legs: [{ meter: 'generations', amount: 1 }],
          counted: [{ meter: 'generations', amount: 7 }],
          startedAt: expect.any(Number),
          expiresAt: expect.any(Number),
        },
      ])
      it.advance(120_001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect(await it.other.holds('ada')).toEqual([])
    })

    test('lists the customer’s events that Flowglad hasn’t acknowledged, oldest first', async () => {
      await using it = await open()
      await fetched(it.ledger, units(20))
      const attempts = []
      for (const amount of [1, 2, 3, 4]) {
        attempts.push(await spend(it.ledger, amount))
        it.advance(1)
      }
      const [acked = '', parked = '', sent = '', waiting = ''] = attempts
      await it.ledger.execute(acknowledgeOf(acked))
      const events = [{ attempt: parked, meter: 'generations', reason: 'Price not found', retryInMs: 60_000 }]
      await it.ledger.execute({ type: 'park', customer: 'ada', events })
      await it.ledger.execute(aTakeLease({ purpose: 'deliver', maxEvents: 1 }))
      const all = await it.other.undelivered({ customer: 'ada', limit: 10 })
      expect(all).toMatchObject([
        {
          attempt: parked,
          amount: 2,
          state: 'parked',
          reason: 'Price not found',
          retryAt: expect.any(Number),
        },
        { attempt: sent, amount: 3, state: 'sent', reason: null, retryAt: null },
        { attempt: waiting, amount: 4, state: 'waiting', reason: null },
      ])
      expect(await it.other.undelivered({ customer: 'ada', limit: 2 })).toEqual(all.slice(0, 2))
      expect(await it.other.undelivered({ customer: 'bob', limit: 2 })).toEqual([])
    })
  })
