import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/ledger/commands.ts'
import {
  aLeg,
  anInstall,
  aRenew,
  aReserve,
  aSnapshot,
  aTakeLease,
  fetched,
  settleOf,
  units,
} from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { balance, deliver, expectLateInstallRejected, spend } from './steps.ts'

const stepMs = 3_600_000
const expire: Command = { type: 'expire', customer: 'ada' }

export const clockSteps = (open: OpenLedger) =>
  describe('after the clock steps forward and back', () => {
    test('delivers usage immediately', async () => {
      await using it = await open()
      it.advance(stepMs)
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 1)
      await deliver(it.ledger)
      const attempt = await spend(it.ledger, 2)
      it.advance(-stepMs)
      expect(await it.other.customersToDeliver(10)).toEqual(['ada'])
      const taken = await it.other.execute(aTakeLease({ purpose: 'deliver' }))
      expect(taken).toMatchObject({ state: 'taken', events: [{ attempt }] })
    })

    test('first delivers the events of customers whose lease ended during the step', async () => {
      await using it = await open()
      for (const customer of ['ada', 'bob']) {
        if (customer === 'ada') it.advance(stepMs)
        await fetched(it.ledger, units(10), { customer })
        await it.ledger.execute(settleOf(aReserve({ customer })))
        if (customer === 'ada') it.advance(-stepMs)
      }
      it.advance(1)
      expect(await it.ledger.customersToDeliver(1)).toEqual(['ada'])
    })

    test('ignores a lease that a crashed process took during the step', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 1)
      it.advance(stepMs)
      await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))
      expect(await it.other.customersToDeliver(10)).toEqual([])
      it.advance(-stepMs)
      expect(await it.other.customersToDeliver(10)).toEqual(['ada'])
      expect(await it.other.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({ state: 'taken' })
      expect(await it.other.customersToDeliver(10)).toEqual([])
    })

    test('grants a plan that was paid for after the step', async () => {
      await using it = await open()
      await fetched(it.ledger, units(1))
      it.advance(stepMs)
      await it.ledger.execute(aTakeLease())
      it.advance(-stepMs)
      expect(await fetched(it.other, units(100))).toEqual({ state: 'installed' })
      expect(await it.other.execute(aReserve({ legs: [aLeg({ amount: 50 })] }))).toMatchObject({
        state: 'held',
        snapshotAgeMs: 0,
      })
    })

    test('rejects the install of a process that lost its lease because of the step', async () => {
      await using it = await open()
      it.advance(stepMs)
      const early = aTakeLease()
      await it.ledger.execute(early)
      it.advance(-stepMs)
      await expectLateInstallRejected(it, early.token)
    })

    test('ends a hold only if the hold would otherwise last longer than its maximum lifetime', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 4 })], ttlMs: 1000, maxHoldMs: 10_000 })
      it.advance(9000)
      await it.ledger.execute(reserve)
      it.advance(-9000)
      expect(await it.other.customersWithDueHolds(10)).toEqual([])
      expect(await it.other.execute(expire)).toEqual({ state: 'swept', ended: 0 })
      it.advance(-1)
      expect(await it.other.customersWithDueHolds(10)).toEqual(['ada'])
      expect(await it.other.execute(expire)).toEqual({ state: 'swept', ended: 1 })
      expect(await it.other.customersWithDueHolds(10)).toEqual([])
      expect(await balance(it.ledger)).toMatchObject({ available: 10, held: 0 })
      // A settle is charged even if its hold has ended.
      await it.ledger.execute(settleOf(reserve))
      await it.ledger.execute(settleOf(reserve))
      expect(await balance(it.ledger)).toMatchObject({ available: 6, held: 0 })
    })

    test('uses the clock’s current time for new holds and charges', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const first = await spend(it.ledger, 1)
      it.advance(stepMs)
      const during = await spend(it.ledger, 1)
      it.advance(500 - stepMs)
      const second = await spend(it.other, 1)
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges.map((charge) => charge.transactionId)).toEqual([during, second, first])
      expect((charges[1]?.at ?? 0) - (charges[2]?.at ?? 0)).toBe(500)

      expect(await it.other.execute(aReserve({ ttlMs: 1000 }))).toMatchObject({ expiresInMs: 1000 })
      it.advance(999)
      expect(await it.ledger.customersWithDueHolds(10)).toEqual([])
      expect(await it.ledger.execute(expire)).toEqual({ state: 'swept', ended: 0 })
      it.advance(1)
      expect(await it.ledger.customersWithDueHolds(10)).toEqual(['ada'])
      expect(await it.ledger.execute(expire)).toEqual({ state: 'swept', ended: 1 })
    })

    test('denies a call only after it has ended a hold that was reserved during the step', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      it.advance(stepMs)
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 10 })], key: 'k' }))
      it.advance(-stepMs)
      // The reserve must find the hold even if earlier commands have read the customers' rows.
      await it.other.execute(expireOf('bob'))
      await it.other.execute(settleOf(aReserve(), { amount: 1 }))
      expect(await it.other.execute(aReserve({ legs: [aLeg({ amount: 9 })] }))).toMatchObject({
        state: 'held',
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 0, held: 9 })
    })

    test('runs a retry under the key of a hold that was reserved during the step', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      it.advance(stepMs)
      await it.ledger.execute(aReserve({ key: 'k' }))
      it.advance(-stepMs)
      expect(await it.other.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
      expect(await balance(it.ledger)).toMatchObject({ held: 1 })
    })

    test('renews a hold that was reserved during the step only up to its maximum lifetime', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      it.advance(stepMs)
      const reserve = aReserve({ ttlMs: 1000, maxHoldMs: 1500 })
      await it.ledger.execute(reserve)
      it.advance(-stepMs)
      const renew = aRenew(reserve, { ttlMs: 1000 })
      expect(await it.other.execute(renew)).toEqual({ state: 'renewed', expiresInMs: 1000 })
      it.advance(900)
      expect(await it.ledger.execute(renew)).toEqual({ state: 'atMaximum', expiresInMs: 600 })
    })

    test('retries an event that was parked during the step', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      it.advance(stepMs)
      const events = [{ attempt, meter: 'generations', reason: 'no', retryInMs: 60_000 }]
      await it.ledger.execute({ type: 'park', customer: 'ada', events })
      expect(await it.other.customersToDeliver(10)).toEqual([])
      it.advance(-stepMs)
      expect(await it.other.customersToDeliver(10)).toEqual(['ada'])
      const taken = await it.other.execute(aTakeLease({ purpose: 'deliver' }))
      expect(taken).toMatchObject({ events: [{ attempt, parkedBefore: true }] })
    })

    test('reports a snapshot that was fetched during the step as old', async () => {
      await using it = await open()
      it.advance(stepMs)
      await fetched(it.ledger, units(10))
      it.advance(-stepMs)
      expect(await it.other.execute(aReserve())).toMatchObject({ state: 'held', snapshotAgeMs: stepMs })
      expect((await it.other.balances('ada')).snapshot).toMatchObject({ ageMs: stepMs })
      await fetched(it.other, units(10))
      expect((await it.other.balances('ada')).snapshot).toMatchObject({ ageMs: 0 })
    })

    test('asks for a fetch after a period ends even if the step passed the period’s end', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const asOf = (await it.ledger.balances('ada')).snapshot?.asOf ?? 0
      const old = aSnapshot({ periodStart: asOf - 1000, periodEnd: asOf + 1000 })
      it.advance(stepMs)
      await fetched(it.ledger, old)
      const early = aTakeLease()
      await it.ledger.execute(early)
      it.advance(-stepMs)
      expect(await it.other.execute(aReserve())).toMatchObject({ state: 'held', outdated: false })
      it.advance(1000)
      const denied = { state: 'needsSnapshot', reason: 'outdated' }
      expect(await it.other.execute(aReserve())).toEqual(denied)
      it.advance(-1)
      await it.ledger.execute(anInstall({ token: early.token, snapshot: old }))
      expect((await it.ledger.balances('ada')).snapshot).toMatchObject({ ageMs: 0 })
      it.advance(1)
      expect(await it.other.execute(aReserve())).toEqual(denied)
    })

    test('reports how far the clock is behind the latest time in the ledger', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      expect(await it.ledger.health()).toMatchObject({ skewMs: 0 })
      it.advance(stepMs)
      await spend(it.ledger, 1)
      it.advance(-stepMs)
      // While usage that was booked during the step waits for delivery, processes that start later also report the
      // step.
      for (const ledger of [it.ledger, it.other]) {
        expect(await ledger.health()).toEqual({ waiting: 1, oldestWaitingMs: 0, parked: 0, skewMs: stepMs })
      }
      it.advance(600_000)
      await deliver(it.ledger)
      expect(await it.ledger.health()).toMatchObject({ waiting: 0, skewMs: stepMs - 600_000 })
      it.advance(stepMs)
      expect(await it.ledger.health()).toMatchObject({ skewMs: 0 })
    })
  })

const expireOf = (customer: string): Command => ({ type: 'expire', customer })
