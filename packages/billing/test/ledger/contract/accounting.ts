import { describe, expect, test } from 'vitest'
import { aLeg, anInstall, aReserve, aTakeLease, fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, balance, loseDelivery, spend } from './steps.ts'

export const accounting = (open: OpenLedger) =>
  describe('accounting against a snapshot', () => {
    test('subtracts usage exactly once before and after its delivery', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      // Flowglad doesn't have the event yet, so the ledger still subtracts the event's units after an install.
      await fetched(it.other, units(10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })

      const delivery = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute(delivery)
      await it.ledger.execute(acknowledgeOf(attempt))
      await it.ledger.execute(acknowledgeOf(attempt))
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: delivery.token, untaken: [] })
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })
      await fetched(it.ledger, units(7, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })
    })

    test('still subtracts usage that was acknowledged after the fetch took its lease', async () => {
      await using it = await open()
      const { attempt } = await loseDelivery(it, 3)
      const fetch = aTakeLease()
      expect(await it.other.execute(fetch)).toMatchObject({ ambiguous: [{ attempt, amount: 3 }] })
      // The delivery has lost its lease, and acknowledges the event after Flowglad has responded to the fetch.
      await it.ledger.execute(acknowledgeOf(attempt))
      await it.other.execute(anInstall({ token: fetch.token, snapshot: units(10) }))
      expect(await balance(it.ledger)).toMatchObject({ available: 7 })
    })

    test('reports ambiguous units separately from spent units in a denial', async () => {
      await using it = await open()
      const { attempt } = await loseDelivery(it, 6)
      // Flowglad recorded the event, but its response was lost. The ledger therefore subtracts the event's units a
      // second time: from the 4 units that Flowglad reports.
      await fetched(it.ledger, units(4, 10))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'short',
        legs: [{ available: -2, required: 4, ambiguous: 6 }],
      })
      await it.ledger.execute(acknowledgeOf(attempt))
      await fetched(it.ledger, units(4, 10))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'held',
      })
    })

    test('updates the acknowledged units when a fetch extends its lease', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 6)
      await it.ledger.execute(aTakeLease({ purpose: 'deliver', leaseMs: 1000 }))
      it.advance(1001)
      const fetch = aTakeLease()
      await it.ledger.execute(fetch)
      await it.ledger.execute(acknowledgeOf(attempt))
      await it.ledger.execute(fetch)
      await it.ledger.execute(anInstall({ token: fetch.token, snapshot: units(4, 10) }))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'held',
      })
    })
  })
