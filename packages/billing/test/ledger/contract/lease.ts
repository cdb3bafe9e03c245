import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/ledger/commands.ts'
import { aLeg, anInstall, aReserve, aTakeLease, fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, balance, expectLateInstallRejected, loseDelivery, spend } from './steps.ts'

export const lease = (open: OpenLedger) =>
  describe('the lease', () => {
    test('belongs to one process at a time, and only that process can extend it', async () => {
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

    test('allows no install by a process that has lost it', async () => {
      await using it = await open()
      const slow = aTakeLease({ leaseMs: 1000 })
      await it.ledger.execute(slow)
      it.advance(1001)
      await expectLateInstallRejected(it, slow.token)
    })

    test('ends with an acknowledgement only if the acknowledgement names it', async () => {
      await using it = await open()
      const { attempt, token } = await loseDelivery(it, 3)
      const mine = aTakeLease({ purpose: 'deliver' })
      await it.other.execute(mine)
      await it.ledger.execute({ ...acknowledgeOf(attempt), endsLease: token })
      expect(await it.ledger.execute(aTakeLease())).toMatchObject({ state: 'busy' })
      expect(await it.other.health()).toMatchObject({ waiting: 0 })
      await it.other.execute({ ...acknowledgeOf(attempt), endsLease: mine.token })
      expect(await it.ledger.execute(aTakeLease())).toMatchObject({ state: 'taken' })
    })

    test('allows no install while another process holds it', async () => {
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

    test('allows no install if it was taken for delivery', async () => {
      await using it = await open()
      const delivery = aTakeLease({ purpose: 'deliver' })
      await it.ledger.execute(delivery)
      expect(await it.ledger.execute(anInstall({ token: delivery.token }))).toEqual({ state: 'leaseLost' })
    })

    test('returns the same answer to a repeated install', async () => {
      await using it = await open()
      const { token, ...take } = aTakeLease()
      await it.ledger.execute({ token, ...take })
      expect(await it.ledger.execute(anInstall({ token }))).toEqual({ state: 'installed' })
      expect(await it.other.execute(anInstall({ token }))).toEqual({ state: 'installed' })
    })

    test('returns unsent events to the outbox when its process ends it', async () => {
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

    test('returns no events to the outbox for a process that has lost it', async () => {
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

    test("can't be extended after another process has held and freed it", async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const untaken = [{ attempt: await spend(it.ledger, 3), meter: 'generations' }]
      const lost = aTakeLease({ purpose: 'deliver', leaseMs: 1000 })
      await it.ledger.execute(lost)
      it.advance(1001)
      // The lease has expired, but no other process has taken it.
      expect(await it.ledger.execute({ ...lost, extend: true })).toMatchObject({ state: 'taken' })
      it.advance(1001)
      const mine = aTakeLease({ purpose: 'deliver' })
      await it.other.execute(mine)
      await it.other.execute({ type: 'leaveLease', customer: 'ada', token: mine.token, untaken: [] })
      expect(await it.ledger.execute({ ...lost, extend: true })).toMatchObject({ state: 'busy' })
      await it.ledger.execute({ type: 'leaveLease', customer: 'ada', token: lost.token, untaken })
      expect(await it.ledger.execute(aTakeLease())).toMatchObject({ ambiguous: untaken })
    })
  })
