import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/ledger/commands.ts'
import { anInstall, aSettle, aTakeLease, fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, anAct, balance, park, spend } from './steps.ts'

export const delivery = (open: OpenLedger) =>
  describe('delivery', () => {
    test('takes up to `maxEvents` unacknowledged events, oldest first', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempts = []
      for (let count = 0; count < 3; count += 1) {
        attempts.push(await spend(it.ledger, 1))
        it.advance(1)
      }
      const delivery = aTakeLease({ purpose: 'deliver', maxEvents: 2 })
      const ids = (answer: { state: string; events?: { attempt: string }[] }) =>
        answer.events?.map((event) => event.attempt)
      expect(ids(await it.ledger.execute(delivery))).toEqual(attempts.slice(0, 2))
      await it.ledger.execute(acknowledgeOf(...attempts.slice(0, 2)))
      expect(ids(await it.ledger.execute(delivery))).toEqual(attempts.slice(2))
    })

    test('lists customers in the order in which their leases ended', async () => {
      await using it = await open()
      for (const customer of ['ada', 'bob']) {
        await fetched(it.ledger, units(10), { customer })
        await it.ledger.execute(aSettle({ customer }))
        it.advance(10)
      }
      expect(await it.ledger.customersToDeliver(1)).toEqual(['ada'])
      const lease = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute(lease)
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: lease.token, untaken: [] })
      expect(await it.ledger.customersToDeliver(1)).toEqual(['bob'])
    })

    test('offers a parked event for delivery only when its retry is due', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      const delivery = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute(delivery)
      const park: Command = {
        type: 'park',
        customer: 'ada',
        events: [{ attempt, meter: 'generations', reason: 'no such price', retryInMs: 60_000 }],
      }
      await it.ledger.execute(park)
      await it.ledger.execute(park)
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: delivery.token, untaken: [] })
      expect(await it.ledger.customersToDeliver(10)).toEqual([])
      expect(await it.other.health()).toEqual({ waiting: 0, oldestWaitingMs: 0, parked: 1, skewMs: 0 })
      expect(await it.other.parked(10)).toEqual([
        { customer: 'ada', attempt, meter: 'generations', amount: 3, reason: 'no such price' },
      ])
      expect(await balance(it.ledger)).toMatchObject({ available: 7, parked: 1 })
      it.advance(60_001)
      expect(await it.ledger.customersToDeliver(10)).toEqual(['ada'])
      // Each node that takes the event for a retry gets `parkedBefore`, even after an earlier retry failed.
      const again = aTakeLease({ purpose: 'deliver' })
      const tried = [{ attempt, meter: 'generations', parkedBefore: true }]
      expect(await it.other.execute(again)).toMatchObject({ events: tried })
      const untaken = [{ attempt, meter: 'generations' }]
      await it.other.execute({ type: 'leaveLease', customer: 'ada', token: again.token, untaken })
      expect(await it.other.health()).toEqual({ waiting: 0, oldestWaitingMs: 0, parked: 1, skewMs: 0 })
      expect(await it.ledger.execute(delivery)).toMatchObject({ events: tried })
      expect(await balance(it.ledger)).toMatchObject({ parked: 1 })
      await it.ledger.execute(acknowledgeOf(attempt))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, parked: 0 })
      expect(await it.other.health()).toEqual({ waiting: 0, oldestWaitingMs: 0, parked: 0, skewMs: 0 })
    })

    test('counts ambiguous events toward `maxEvents`', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      for (let calls = 0; calls < 3; calls += 1) await spend(it.ledger, 1)
      const lost = aTakeLease({ purpose: 'deliver', maxEvents: 2, leaseMs: 1000 })
      await it.ledger.execute(lost)
      it.advance(1001)
      const taken = await it.other.execute(aTakeLease({ purpose: 'deliver', maxEvents: 2 }))
      expect(taken).toMatchObject({ ambiguous: [{ amount: 1 }, { amount: 1 }], events: [] })
    })

    test('neither parks nor drops an acknowledged event', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      await it.ledger.execute(acknowledgeOf(attempt))
      const events = [{ attempt, meter: 'generations', reason: 'no', retryInMs: 1000 }]
      await it.other.execute({ type: 'park', customer: 'ada', events })
      const drop = anAct({ type: 'drop', attempt, meter: 'generations' })
      expect(await it.other.execute(drop)).toEqual({ state: 'refused', why: 'notParked' })
      expect(await it.ledger.health()).toMatchObject({ waiting: 0, parked: 0 })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges).toMatchObject([{ state: 'delivered' }])
    })

    test('lists a customer with a due parked event before customers whose lease ended later', async () => {
      await using it = await open()
      for (const customer of ['ada', 'bob', 'eve']) {
        await fetched(it.ledger, units(10), { customer })
        await it.ledger.execute(aSettle({ customer, attempt: `${customer}-1` }))
        it.advance(1)
      }
      const events = [{ attempt: 'ada-1', meter: 'generations', reason: 'no', retryInMs: 1000 }]
      await it.ledger.execute({ type: 'park', customer: 'ada', events })
      expect(await it.ledger.customersToDeliver(2)).toEqual(['bob', 'eve'])
      it.advance(1000)
      expect(await it.ledger.customersToDeliver(2)).toEqual(['ada', 'bob'])
    })

    test("returns a dropped event's units with the first install whose lease was taken after the drop", async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      const before = aTakeLease()
      await it.ledger.execute(before)
      await park(it.ledger, attempt)
      const drop = anAct({ type: 'drop', attempt, meter: 'generations' })
      expect(await it.ledger.execute(drop)).toMatchObject({ state: 'done' })
      expect(await it.ledger.execute(drop)).toMatchObject({ state: 'repeated' })
      await it.ledger.execute(anInstall({ token: before.token, snapshot: units(10) }))
      expect(await balance(it.ledger)).toMatchObject({ available: 7 })
      expect(await it.ledger.customersToDeliver(10)).toEqual([])
      await fetched(it.ledger, units(10))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0 })
      await fetched(it.ledger, units(10))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0 })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges).toMatchObject([{ state: 'dropped' }])
    })

    test("counts a dropped event's units as spent if Flowglad has the event", async () => {
      for (const late of [false, true]) {
        await using it = await open()
        await fetched(it.ledger, units(10))
        const attempt = await spend(it.ledger, 3)
        await park(it.ledger, attempt)
        await it.ledger.execute(anAct({ type: 'drop', attempt, meter: 'generations' }))
        if (late) await fetched(it.ledger, units(10))
        await it.ledger.execute(acknowledgeOf(attempt))
        await fetched(it.ledger, units(7, 10))
        expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3 })
      }
    })
  })
