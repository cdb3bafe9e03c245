import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, anAct, deliver, park, spend } from './steps.ts'

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

    test('lists each customer once', async () => {
      await using it = await open()
      for (const customer of ['bob', 'ada', 'Eve']) await fetched(it.ledger, units(1), { customer })
      const found = []
      for await (const customer of it.other.customers()) found.push(customer)
      expect(found.toSorted()).toEqual(['Eve', 'ada', 'bob'])
    })
  })
