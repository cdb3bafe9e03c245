import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import {
  aLeg,
  anInstall,
  aReserve,
  aSettle,
  aSnapshot,
  aTakeLease,
  fetched,
  settleOf,
  units,
} from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

async function spend(ledger: Ledger, amount: number): Promise<string> {
  const reserve = aReserve({ legs: [aLeg({ amount })] })
  await ledger.execute(reserve)
  await ledger.execute(settleOf(reserve))
  return reserve.attempt
}

const acknowledged = (...attempts: string[]) =>
  ({
    type: 'acknowledge',
    customer: 'ada',
    events: attempts.map((attempt) => ({ attempt, meter: 'generations', priceId: null })),
  }) as const

const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

export const lease = (open: OpenLedger) =>
  describe('the sync lease', () => {
    test('one at a time; whoever has it extends it; it frees itself after the lease', async () => {
      await using it = await open()
      const mine = aTakeLease()
      expect(await it.ledger.execute(mine)).toEqual({ state: 'taken', ambiguous: [], events: [] })
      expect(await it.other.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({ state: 'busy' })
      it.advance(20_000)
      expect(await it.ledger.execute(mine)).toMatchObject({ state: 'taken' })
      it.advance(20_000)
      expect(await it.other.execute(aTakeLease())).toMatchObject({ state: 'busy' })
      it.advance(10_001)
      expect(await it.other.execute(aTakeLease())).toMatchObject({ state: 'taken' })
    })

    test('an install is refused after the lease was lost', async () => {
      await using it = await open()
      const slow = aTakeLease({ leaseMs: 1000 })
      await it.ledger.execute(slow)
      it.advance(1001)
      await fetched(it.other, units(5))
      expect(await it.ledger.execute(anInstall({ token: slow.token, snapshot: units(500) }))).toEqual({
        state: 'leaseLost',
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 5 })
    })

    test('an install is refused while another has the lease', async () => {
      await using it = await open()
      const slow = aTakeLease({ leaseMs: 1000 })
      await it.ledger.execute(slow)
      it.advance(1001)
      const other = aTakeLease()
      await it.other.execute(other)
      expect(await it.ledger.execute(anInstall({ token: slow.token, snapshot: units(500) }))).toEqual({
        state: 'leaseLost',
      })
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: slow.token, untaken: [] })
      expect(await it.other.execute(anInstall({ token: other.token, snapshot: units(5) }))).toEqual({
        state: 'installed',
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 5 })
    })

    test('a delivery’s lease installs nothing', async () => {
      await using it = await open()
      const delivery = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute(delivery)
      expect(await it.ledger.execute(anInstall({ token: delivery.token }))).toEqual({ state: 'leaseLost' })
    })

    test('an install run again answers the same', async () => {
      await using it = await open()
      const { token, ...take } = aTakeLease()
      await it.ledger.execute({ token, ...take })
      expect(await it.ledger.execute(anInstall({ token }))).toEqual({ state: 'installed' })
      expect(await it.other.execute(anInstall({ token }))).toEqual({ state: 'installed' })
    })

    test('usage not yet delivered reduces what Flowglad reports, delivered usage does not count twice', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      // Flowglad does not know of it yet: an install must not erase it.
      await fetched(it.other, units(10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })

      const delivery = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute(delivery)
      await it.ledger.execute(acknowledged(attempt))
      await it.ledger.execute(acknowledged(attempt))
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: delivery.token, untaken: [] })
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })
      await fetched(it.ledger, units(7, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })
    })

    test('what was acknowledged after the lease was taken is not taken to be in the answer', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      const delivery = aTakeLease({ purpose: 'deliver', leaseMs: 1000 })
      await it.ledger.execute(delivery)
      it.advance(1001)
      const fetch = aTakeLease()
      expect(await it.other.execute(fetch)).toMatchObject({ ambiguous: [{ attempt, amount: 3 }] })
      // The delivery that lost its lease comes through only now, after Flowglad answered the fetch.
      await it.ledger.execute(acknowledged(attempt))
      await it.other.execute(anInstall({ token: fetch.token, snapshot: units(10) }))
      expect(await balance(it.ledger)).toMatchObject({ available: 7 })
    })

    test('being short by ambiguous units only is told apart from having spent them', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 6)
      const delivery = aTakeLease({ purpose: 'deliver', leaseMs: 1000 })
      await it.ledger.execute(delivery)
      it.advance(1001)
      // The event arrived, its answer did not: Flowglad says 4, the ledger counts it once more.
      await fetched(it.ledger, units(4, 10))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'short',
        legs: [{ available: -2, required: 4, ambiguous: 6 }],
      })
      await it.ledger.execute(acknowledged(attempt))
      await fetched(it.ledger, units(4, 10))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'held',
      })
    })

    test('taking the lease again before the request notes what was acknowledged since', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 6)
      await it.ledger.execute(aTakeLease({ purpose: 'deliver', leaseMs: 1000 }))
      it.advance(1001)
      const fetch = aTakeLease()
      await it.ledger.execute(fetch)
      await it.ledger.execute(acknowledged(attempt))
      await it.ledger.execute(fetch)
      await it.ledger.execute(anInstall({ token: fetch.token, snapshot: units(4, 10) }))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 4 })] }))).toMatchObject({
        state: 'held',
      })
    })

    test('a delivery takes so many events, oldest first, and none that is already sent', async () => {
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
      await it.ledger.execute(acknowledged(...attempts.slice(0, 2)))
      expect(ids(await it.ledger.execute(delivery))).toEqual(attempts.slice(2))
    })

    test('what did not reach Flowglad waits again when the lease is left, and is ambiguous no longer', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const untaken = [{ attempt: await spend(it.ledger, 3), meter: 'generations' }]
      const { token, ...delivery } = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute({ token, ...delivery })
      const leave: Command = { type: 'leaveLease', customer: 'ada', token, untaken }
      await it.ledger.execute(leave)
      await it.ledger.execute(leave)
      const fetch = aTakeLease()
      expect(await it.other.execute(fetch)).toEqual({ state: 'taken', ambiguous: [], events: [] })
      await it.other.execute(anInstall({ token: fetch.token, snapshot: units(10) }))
      expect(await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 8 })] }))).toMatchObject({
        state: 'short',
        legs: [{ available: 7, ambiguous: 0 }],
      })
      expect(await it.other.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({ events: untaken })
    })

    test('who lost the lease cannot say any more what did not reach Flowglad', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const untaken = [{ attempt: await spend(it.ledger, 3), meter: 'generations' }]
      const lost = aTakeLease({ purpose: 'deliver', leaseMs: 1000 })
      await it.ledger.execute(lost)
      it.advance(1001)
      const mine = aTakeLease({ purpose: 'deliver' })
      expect(await it.other.execute(mine)).toMatchObject({ ambiguous: untaken })
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: lost.token, untaken })
      await it.other.execute({ type: 'leaveLease', customer: 'ada', token: mine.token, untaken: [] })
      expect(await it.ledger.execute(aTakeLease())).toMatchObject({ ambiguous: untaken })
    })

    test('who lost the lease stops, though it is free again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const untaken = [{ attempt: await spend(it.ledger, 3), meter: 'generations' }]
      const lost = aTakeLease({ purpose: 'deliver', leaseMs: 1000 })
      await it.ledger.execute(lost)
      it.advance(1001)
      // Late, but nobody came.
      expect(await it.ledger.execute({ ...lost, extend: true })).toMatchObject({ state: 'taken' })
      it.advance(1001)
      const mine = aTakeLease({ purpose: 'deliver' })
      await it.other.execute(mine)
      await it.other.execute({ type: 'leaveLease', customer: 'ada', token: mine.token, untaken: [] })
      expect(await it.ledger.execute({ ...lost, extend: true })).toMatchObject({ state: 'busy' })
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: lost.token, untaken })
      expect(await it.ledger.execute(aTakeLease())).toMatchObject({ ambiguous: untaken })
    })

    test('who waited longest for the lease is delivered first', async () => {
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

    test('parked: out of the way, shown, tried again after its time', async () => {
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
      expect(await it.other.health()).toEqual({ waiting: 0, oldestWaitingMs: 0, parked: 1 })
      expect(await it.other.parked(10)).toEqual([
        { customer: 'ada', attempt, meter: 'generations', amount: 3, reason: 'no such price' },
      ])
      expect(await balance(it.ledger)).toMatchObject({ available: 7, parked: 1 })
      it.advance(60_001)
      expect(await it.ledger.customersToDeliver(10)).toEqual(['ada'])
      // Whichever node tries it again knows, also when the first try came to nothing.
      const again = aTakeLease({ purpose: 'deliver' })
      const tried = [{ attempt, meter: 'generations', parkedBefore: true }]
      expect(await it.other.execute(again)).toMatchObject({ events: tried })
      const untaken = [{ attempt, meter: 'generations' }]
      await it.other.execute({ type: 'leaveLease', customer: 'ada', token: again.token, untaken })
      expect(await it.other.health()).toEqual({ waiting: 0, oldestWaitingMs: 0, parked: 1 })
      expect(await it.ledger.execute(delivery)).toMatchObject({ events: tried })
      expect(await balance(it.ledger)).toMatchObject({ parked: 1 })
      await it.ledger.execute(acknowledged(attempt))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, parked: 0 })
      expect(await it.other.health()).toEqual({ waiting: 0, oldestWaitingMs: 0, parked: 0 })
    })

    test('what is parked and due does not wait behind those who have usage to deliver', async () => {
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

    test('dropped: no more tries, and the units come back with the next install whose lease was taken after', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      const before = aTakeLease()
      await it.ledger.execute(before)
      const drop: Command = { type: 'drop', customer: 'ada', events: [{ attempt, meter: 'generations' }] }
      await it.ledger.execute(drop)
      await it.ledger.execute(drop)
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

    test('dropped, yet Flowglad had it: it stays spent', async () => {
      for (const late of [false, true]) {
        await using it = await open()
        await fetched(it.ledger, units(10))
        const attempt = await spend(it.ledger, 3)
        await it.ledger.execute({
          type: 'drop',
          customer: 'ada',
          events: [{ attempt, meter: 'generations' }],
        })
        if (late) await fetched(it.ledger, units(10))
        await it.ledger.execute(acknowledged(attempt))
        await fetched(it.ledger, units(7, 10))
        expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3 })
      }
    })

    test('without a snapshot, or with one too old, a reserve asks for one', async () => {
      await using it = await open()
      expect(await it.ledger.execute(aReserve())).toEqual({ state: 'needsSnapshot', reason: 'none' })
      await fetched(it.ledger, units(10))
      it.advance(86_400_001)
      expect(await it.ledger.execute(aReserve({ decisive: true }))).toEqual({
        state: 'needsSnapshot',
        reason: 'stale',
      })
    })

    test('without a current subscription nothing may start', async () => {
      await using it = await open()
      await fetched(it.ledger, { subscription: null, meters: {} })
      expect(await it.ledger.execute(aReserve())).toEqual({
        state: 'noSubscription',
        asOf: expect.any(Number),
      })
      expect(await it.ledger.balances('ada')).toMatchObject({
        snapshot: { subscription: null },
        balances: [],
      })
    })

    test('a period that is over is asked about once, by a fetch begun after its end', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const asOf = (await it.ledger.balances('ada')).snapshot?.asOf ?? 0
      const old = aSnapshot({ periodStart: asOf - 1000, periodEnd: asOf + 1000 })
      await fetched(it.ledger, old)
      expect(await it.ledger.execute(aReserve())).toMatchObject({ state: 'held', periodOver: false })

      // Begun before the end, installed after it: Flowglad was not asked about the new period.
      const early = aTakeLease()
      await it.ledger.execute(early)
      it.advance(1001)
      await it.ledger.execute(anInstall({ token: early.token, snapshot: old }))
      expect(await it.ledger.execute(aReserve())).toEqual({ state: 'needsSnapshot', reason: 'periodOver' })
      expect(await it.ledger.execute(aReserve({ decisive: true }))).toMatchObject({
        state: 'held',
        periodOver: true,
      })

      // Flowglad still reports the old period: decide on it, never invent a grant.
      await fetched(it.ledger, old)
      expect(await it.ledger.execute(aReserve())).toMatchObject({ state: 'held', periodOver: true })
    })
  })
