import { describe, expect, test } from 'vitest'
import type { PastDueRule } from '../../../src/ledger/commands.ts'
import { aLeg, aReserve, aSnapshot, fetched } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { spend } from './steps.ts'

const day = 24 * 3_600_000
const free: PastDueRule = { graceMs: 7 * day, leaves: 'free' }
type Report = Parameters<typeof aSnapshot>[0]

export const pastDue = (open: OpenLedger) =>
  describe('while a renewal is unpaid', () => {
    /** Opens a ledger with an unpaid renewal. Returns functions that install snapshots and reserve units. */
    async function openPastDue(subscription: Report = {}) {
      const it = await open()
      await fetched(it.ledger, aSnapshot())
      const renewal = (await it.ledger.balances('ada')).snapshot?.asOf ?? 0
      const payment = { unpaidSince: renewal, settledFor: null, hasPaid: true, reportedAt: renewal }
      const report = (changes: Report = {}) =>
        fetched(
          it.ledger,
          aSnapshot({
            isFree: false,
            status: 'past_due',
            features: ['unlimited', 'overage'],
            periodStart: renewal,
            payment,
            freePlan: { grants: { generations: 10 }, features: [] },
            meters: { generations: { available: 500, granted: 500 } },
            ...subscription,
            ...changes,
          }),
        )
      await report()
      const reserve = (amount: number, rule: PastDueRule = free, leg = {}) => {
        const legs = [aLeg({ amount, ...leg })]
        return it.ledger.execute(aReserve({ legs, snapshotMaxStaleMs: 366 * day, pastDue: rule }))
      }
      return Object.assign(it, { renewal, payment, report, reserve })
    }

    test('allows only the default plan’s units after the grace period', async () => {
      await using it = await openPastDue()
      it.advance(7 * day - 1)
      expect(await it.reserve(100)).toMatchObject({ state: 'held' })
      it.advance(1)
      const { renewal } = it
      expect(await it.reserve(1)).toEqual({
        state: 'pastDue',
        since: renewal,
        graceEndsAt: renewal + 7 * day,
        asOf: expect.any(Number),
        legs: [{ meter: 'generations', available: -90, held: 100, required: 1, ambiguous: 0 }],
      })
    })

    test('limits unlimited and overage meters after the grace period', async () => {
      await using it = await openPastDue()
      it.advance(7 * day)
      for (const leg of [{ unlimitedBy: 'unlimited' }, { overageWith: 'overage' }]) {
        expect(await it.reserve(11, free, leg)).toMatchObject({ state: 'pastDue' })
      }
      expect(await it.reserve(10, free, { unlimitedBy: 'unlimited' })).toMatchObject({ state: 'held' })
    })

    test('keeps the start of the grace period if Flowglad then reports a later start', async () => {
      await using it = await openPastDue()
      it.advance(30 * day)
      const later = it.renewal + 30 * day
      await it.report({ periodStart: later, payment: { ...it.payment, unpaidSince: later } })
      expect(await it.reserve(11)).toMatchObject({ state: 'pastDue', since: it.renewal })
    })

    test('starts the grace period only once for several unpaid renewals in a row', async () => {
      await using it = await openPastDue()
      it.advance(30 * day)
      await it.report({ periodStart: it.renewal + 30 * day, payment: { ...it.payment, unpaidSince: null } })
      expect(await it.reserve(11)).toMatchObject({ state: 'pastDue', since: it.renewal })
      await spend(it.ledger, 10)
      await it.report({ periodStart: it.renewal + 60 * day })
      expect(await it.reserve(11)).toMatchObject({ state: 'pastDue', since: it.renewal })
    })

    test('gives no grace period to a subscription that has never been paid for', async () => {
      await using it = await openPastDue()
      await it.report({ payment: { ...it.payment, hasPaid: false } })
      expect(await it.reserve(11)).toMatchObject({ state: 'pastDue', graceEndsAt: it.renewal })
    })

    test.each(['past_due', 'unpaid', 'incomplete'])('treats the status %s as unpaid', async (status) => {
      await using it = await openPastDue({ status })
      await it.report({ payment: { ...it.payment, unpaidSince: null } })
      it.advance(8 * day)
      expect(await it.reserve(11)).toMatchObject({ state: 'pastDue', since: it.renewal })
    })

    test("treats a renewal as unpaid until its invoice is settled, regardless of the subscription's status", async () => {
      await using it = await openPastDue()
      it.advance(8 * day)
      for (const status of ['cancellation_scheduled', 'active']) {
        await it.report({ status, payment: { ...it.payment, unpaidSince: null } })
        expect(await it.reserve(11)).toMatchObject({ state: 'pastDue' })
      }
      await it.report({
        status: 'active',
        payment: { ...it.payment, unpaidSince: null, settledFor: it.renewal },
      })
      expect(await it.reserve(11)).toMatchObject({ state: 'held' })
    })

    test('denies only overage as past due if the plan is free', async () => {
      await using it = await openPastDue({
        isFree: true,
        meters: { generations: { available: 10, granted: 10 } },
      })
      it.advance(8 * day)
      expect(await it.reserve(11, { ...free, leaves: 'none' })).toMatchObject({ state: 'short' })
      expect(await it.reserve(11, free, { overageWith: 'overage' })).toMatchObject({ state: 'pastDue' })
      expect(await it.reserve(11, free, { unlimitedBy: 'unlimited' })).toMatchObject({ state: 'held' })
    })

    test('never treats a plan as past due if the merchant doesn’t charge for it', async () => {
      await using it = await openPastDue({ doNotCharge: true })
      it.advance(8 * day)
      expect(await it.reserve(11)).toMatchObject({ state: 'held' })
    })

    test('gives no second grace period if the clock steps backward', async () => {
      await using it = await openPastDue()
      it.advance(8 * day)
      await it.report({ payment: { ...it.payment, reportedAt: it.renewal + 8 * day } })
      it.advance(-8 * day)
      expect(await it.reserve(11)).toMatchObject({ state: 'pastDue' })
    })
  })
