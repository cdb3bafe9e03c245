import { describe, expect, test } from 'vitest'
import { aLeg, aRenew, aReserve, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, anAct, deliver, park, setBudget, spend } from './steps.ts'

export const audits = (open: OpenLedger) =>
  describe('audits', () => {
    test('finds nothing wrong in any state of holds, events and results', async () => {
      await using it = await open({ chargeRetentionMs: 1000 })
      for (const customer of ['ada', 'bob']) await fetched(it.ledger, units(100), { customer })
      await spend(it.ledger, 7)
      await deliver(it.ledger)
      const dropped = await spend(it.ledger, 2)
      const lateAcknowledged = await spend(it.ledger, 3)
      const retried = await spend(it.ledger, 4)
      for (const attempt of [dropped, lateAcknowledged, retried]) await park(it.ledger, attempt)
      for (const attempt of [dropped, lateAcknowledged])
        await it.ledger.execute(anAct({ type: 'drop', attempt, meter: 'generations' }))
      await it.ledger.execute(acknowledgeOf(lateAcknowledged))
      await it.ledger.execute(anAct({ type: 'retry', attempt: retried, meter: 'generations' }))
      await spend(it.ledger, 5)
      await it.ledger.execute(aTakeLease({ purpose: 'deliver', maxEvents: 1, leaseMs: 1 }))
      const keyed = aReserve({ key: 'k' })
      await it.ledger.execute(keyed)
      await it.ledger.execute(settleOf(keyed, { result: '"a result"' }))
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 6 })] }))
      await it.ledger.execute(anAct({ type: 'adjust', meter: 'generations', amount: 3 }))
      expect(await it.other.audit('ada')).toEqual([])
      it.advance(2000)
      await it.ledger.prune()
      expect(await it.other.audit('ada')).toEqual([])
      await fetched(it.ledger, units(90))
      expect(await it.other.audit('ada')).toEqual([])
      expect(await it.other.audit('eve')).toEqual([])
    })

    test('finds nothing wrong in any state of budgets and the holds that count against them', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const windows = ['hour', 'day', 'month', 'period'] as const
      for (const window of windows) await setBudget(it.ledger, { window, limit: 50 })
      await spend(it.ledger, 2)
      const abandoned = aReserve({ legs: [aLeg({ amount: 3, onExpiry: 'settle' })], ttlMs: 1000 })
      const stream = aReserve({ legs: [aLeg({ amount: 4 })], maxHoldMs: 2000 })
      const long = aReserve({ legs: [aLeg({ amount: 5 })], maxHoldMs: 7_200_000 })
      for (const reserve of [abandoned, stream, long]) await it.ledger.execute(reserve)
      expect(await it.other.audit('ada')).toEqual([])
      it.advance(1500)
      await it.ledger.execute(aRenew(stream, { counted: [{ meter: 'generations', amount: 6 }] }))
      it.advance(1000)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect(await it.other.audit('ada')).toEqual([])
      await setBudget(it.ledger, { window: 'day', timeZone: 'Europe/Berlin', limit: 50 })
      await it.ledger.execute(settleOf(stream, { amount: 6 }))
      expect(await it.other.audit('ada')).toEqual([])
      it.advance(3_600_000)
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 7 })] }))
      expect(await it.other.audit('ada')).toEqual([])
      await it.ledger.execute(settleOf(long))
      await it.ledger.execute({ type: 'removeBudget', customer: 'ada', id: 'month generations' })
      expect(await it.other.audit('ada')).toEqual([])
    })

    test('lists each customer once', async () => {
      await using it = await open()
      for (const customer of ['bob', 'ada', 'Eve']) await fetched(it.ledger, units(1), { customer })
      const found = []
      for await (const customer of it.other.customers()) found.push(customer)
      expect(found.toSorted()).toEqual(['Eve', 'ada', 'bob'])
    })
  })
