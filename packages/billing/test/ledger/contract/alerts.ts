import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aBudget, aReserve, aSnapshot, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { anAct, deliver, setBudget, spend } from './steps.ts'

const hour = 3_600_000
const day = 24 * hour
const noon = Date.parse('2026-11-22T12:00:00Z')
const november = Date.parse('2026-11-01T00:00:00Z')

const alertsOf = (ledger: Ledger, customer = 'ada') => ledger.alerts({ customer, limit: 100 })
const thresholdsOf = async (ledger: Ledger) => (await alertsOf(ledger)).map(({ threshold }) => threshold)
/** The plan's grant in these tests is large, so that only budgets raise alerts. */
const manyUnits = units(1_000_000)

export const alerts = (open: OpenLedger) =>
  describe('alerts', () => {
    test('are raised once for each threshold of a budget, by the call that reaches it', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { window: 'hour', limit: 10, thresholds: [100, 80, 80] })
      await spend(it.ledger, 7)
      expect(await alertsOf(it.ledger)).toEqual([])
      await spend(it.other, 1)
      await spend(it.ledger, 1)
      expect(await alertsOf(it.other)).toEqual([
        {
          customer: 'ada',
          id: expect.stringMatching(/^budget:[^:]+:\d+:10:80$/),
          meter: 'generations',
          threshold: 80,
          at: noon,
          used: 8,
          limit: 10,
          resetsAt: noon + hour,
          budget: { id: 'hour generations', scope: null, window: 'hour', timeZone: null, mode: 'block' },
        },
      ])
      await spend(it.other, 1)
      expect(await thresholdsOf(it.ledger)).toEqual([100, 80])
    })

    test('are raised once by 20 concurrent calls on two nodes', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 20 })
      const reserves = Array.from({ length: 20 }, () => aReserve())
      const nodeOf = (n: number) => (n % 2 === 0 ? it.ledger : it.other)
      await Promise.all(reserves.map((reserve, n) => nodeOf(n).execute(reserve)))
      await Promise.all(reserves.map((reserve, n) => nodeOf(n).execute(settleOf(reserve))))
      expect(await thresholdsOf(it.ledger)).toEqual([100, 80])
    })

    test('are raised for both thresholds if one call reaches both', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 5 })
      await spend(it.ledger, 5)
      const raised = await alertsOf(it.ledger)
      expect(raised.map(({ threshold, at }) => [threshold, at])).toEqual([
        [100, noon + 1],
        [80, noon],
      ])
    })

    test('do not count units that a call only holds', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 1 })
      const reserve = aReserve()
      await it.ledger.execute(reserve)
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: reserve.attempt })
      expect(await alertsOf(it.ledger)).toEqual([])
    })

    test('are raised again in the next window, even if its first call reaches the threshold', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { window: 'hour', thresholds: [80] })
      await spend(it.ledger, 4)
      it.advance(hour)
      await spend(it.ledger, 4)
      const raised = await alertsOf(it.ledger)
      expect(raised.map(({ at }) => at)).toEqual([noon + hour, noon])
    })

    test('are raised by a settle without a hold if the settle starts the next window', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { window: 'hour', thresholds: [80] })
      await spend(it.ledger, 4)
      it.advance(hour)
      await it.ledger.execute(settleOf(aReserve(), { amount: 4 }))
      expect(await thresholdsOf(it.ledger)).toEqual([80, 80])
    })

    test('are raised by a budget in the mode `notify` without denying calls', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { mode: 'notify', thresholds: [100, 150] })
      await spend(it.ledger, 5)
      await spend(it.ledger, 3)
      expect(await alertsOf(it.ledger)).toMatchObject([
        { threshold: 150, used: 8, limit: 5, budget: { mode: 'notify' } },
        { threshold: 100, used: 5 },
      ])
    })

    test('are not raised again if the limit rises and the threshold is still reached', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 10, thresholds: [80] })
      await spend(it.ledger, 9)
      await setBudget(it.ledger, { limit: 11, thresholds: [80] })
      await spend(it.ledger, 1)
      expect(await thresholdsOf(it.ledger)).toEqual([80])
    })

    test('are raised for a higher limit once the units reach its threshold', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 10, thresholds: [80] })
      await spend(it.ledger, 10)
      await setBudget(it.ledger, { limit: 20, thresholds: [80] })
      await spend(it.ledger, 5)
      expect(await alertsOf(it.ledger)).toMatchObject([{ limit: 10 }])
      await spend(it.ledger, 1)
      expect(await alertsOf(it.ledger)).toMatchObject([
        { limit: 20, used: 16 },
        { limit: 10, used: 10 },
      ])
    })

    test('are not repeated if an earlier limit of the window is set again', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 10, thresholds: [80] })
      await spend(it.ledger, 8)
      await setBudget(it.ledger, { limit: 100, thresholds: [80] })
      await setBudget(it.other, { limit: 10, thresholds: [80] })
      await spend(it.ledger, 1)
      expect(await alertsOf(it.ledger)).toMatchObject([{ threshold: 80, used: 8, at: noon }])
    })

    test('are raised when a budget’s limit is set so low that a threshold is already reached', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await spend(it.ledger, 9)
      await setBudget(it.ledger, { limit: 10, thresholds: [80] })
      expect(await alertsOf(it.ledger)).toMatchObject([{ threshold: 80, used: 9, limit: 10 }])
    })

    test('are raised for a limit of 0 by the first unit', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { mode: 'notify', limit: 0, thresholds: [100] })
      expect(await alertsOf(it.ledger)).toEqual([])
      await spend(it.ledger, 1)
      expect(await thresholdsOf(it.ledger)).toEqual([100])
    })

    test('are not raised by a budget without thresholds or by a removed budget', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      await setBudget(it.ledger, { limit: 5, thresholds: [] })
      await setBudget(it.ledger, { window: 'hour', limit: 5 })
      await it.ledger.execute({ type: 'removeBudget', customer: 'ada', id: 'hour generations' })
      await spend(it.ledger, 5)
      expect(await alertsOf(it.ledger)).toEqual([])
    })

    test('are raised only for a budget that exists when its batch commits', async () => {
      await using it = await open()
      await fetched(it.ledger, manyUnits)
      const [first, second] = [aReserve(), aReserve()]
      await Promise.all([first, second].map((reserve) => it.ledger.execute(reserve)))
      await Promise.all([
        it.ledger.execute(aBudget({ limit: 1, thresholds: [100], usedSince: november })),
        it.ledger.execute({ type: 'removeBudget', customer: 'ada', id: 'month generations' }),
        it.ledger.execute(settleOf(first)),
      ])
      expect(await alertsOf(it.ledger)).toEqual([])
      await Promise.all([
        it.ledger.execute(aBudget({ limit: 2, thresholds: [100], usedSince: november })),
        it.ledger.execute(settleOf(second)),
      ])
      expect(await thresholdsOf(it.ledger)).toEqual([100])
    })

    test('are raised at 80% and 100% of the plan’s grant without any setup', async () => {
      await using it = await open()
      const periodEnd = noon + day
      await fetched(
        it.ledger,
        aSnapshot({
          periodStart: noon - day,
          periodEnd,
          meters: { generations: { available: 10, granted: 10 } },
        }),
      )
      await spend(it.ledger, 8)
      await spend(it.other, 2)
      const grant = { meter: 'generations', limit: 10, resetsAt: periodEnd, budget: null }
      expect(await alertsOf(it.ledger)).toMatchObject([
        { ...grant, threshold: 100, used: 10 },
        { ...grant, threshold: 80, used: 8 },
      ])
    })

    test('are raised at the grant thresholds in the ledger’s options', async () => {
      await using it = await open({ grantThresholds: [50] })
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 10)
      expect(await thresholdsOf(it.ledger)).toEqual([50])
    })

    test('are raised again for the grant of the next period', async () => {
      await using it = await open()
      const period = (periodStart: number) =>
        aSnapshot({
          periodStart,
          periodEnd: periodStart + day,
          meters: { generations: { available: 5, granted: 5 } },
        })
      await fetched(it.ledger, period(noon - hour))
      await spend(it.ledger, 4)
      await deliver(it.ledger)
      it.advance(day)
      await fetched(it.ledger, period(noon + day - hour))
      await spend(it.ledger, 4)
      expect(await thresholdsOf(it.ledger)).toEqual([80, 80])
    })

    test('are raised for a new period that starts with most of its grant used', async () => {
      await using it = await open()
      const period = (periodStart: number, available: number) =>
        aSnapshot({
          periodStart,
          periodEnd: periodStart + day,
          meters: { generations: { available, granted: 5 } },
        })
      await fetched(it.ledger, period(noon - day, 1))
      await fetched(it.ledger, period(noon, 1))
      expect(await alertsOf(it.ledger)).toMatchObject([
        { threshold: 80, used: 4, resetsAt: noon + day },
        { threshold: 80, used: 4, resetsAt: noon },
      ])
    })

    test('are raised again after an operator adds units and the customer uses 80% of the new limit', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 9)
      await it.ledger.execute(anAct({ type: 'adjust', meter: 'generations', amount: 10 }))
      await spend(it.ledger, 6)
      expect(await thresholdsOf(it.ledger)).toEqual([80])
      await spend(it.ledger, 1)
      expect(await alertsOf(it.ledger)).toMatchObject([
        { limit: 20, used: 16 },
        { limit: 10, used: 9 },
      ])
    })

    test('are not raised for a plan that is unlimited or grants nothing', async () => {
      await using it = await open()
      const snapshot = aSnapshot({ features: ['all'], meters: { generations: { available: 5, granted: 5 } } })
      await fetched(it.ledger, snapshot, { unlimitedBy: { generations: 'all' } })
      await spend(it.ledger, 5)
      await fetched(it.ledger, units(0), { customer: 'bob' })
      await it.ledger.execute(settleOf(aReserve({ customer: 'bob' })))
      expect([...(await alertsOf(it.ledger)), ...(await alertsOf(it.ledger, 'bob'))]).toEqual([])
    })

    test('advance the time of the last alert in the balances, even after a backward clock step', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const lastAlertAt = async () => (await it.ledger.balances('ada')).lastAlertAt
      expect(await lastAlertAt()).toBe(0)
      await spend(it.ledger, 8)
      expect(await lastAlertAt()).toBe(noon)
      it.advance(-hour)
      await spend(it.ledger, 2)
      expect(await lastAlertAt()).toBe(noon + 1)
      expect(await thresholdsOf(it.ledger)).toEqual([100, 80])
    })

    test('are listed newest first, for one customer only', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await fetched(it.ledger, units(10), { customer: 'bob' })
      await spend(it.ledger, 10)
      expect(await it.ledger.alerts({ customer: 'ada', limit: 1 })).toMatchObject([{ threshold: 100 }])
      expect(await alertsOf(it.ledger, 'bob')).toEqual([])
    })

    test('are pruned after their retention period', async () => {
      await using it = await open({ alertRetentionMs: day })
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 8)
      it.advance(hour)
      await spend(it.ledger, 2)
      it.advance(day - 1)
      while (await it.ledger.prune());
      expect(await thresholdsOf(it.ledger)).toEqual([100])
    })
  })

export const alertDeliveries = (open: OpenLedger) =>
  describe('alert delivery', () => {
    const raise = async (ledger: Ledger) => {
      await fetched(ledger, units(10))
      await spend(ledger, 8)
    }
    const due = (ledger: Ledger) => ledger.alertsToDeliver(10)

    test('offers an alert to all nodes until one of them takes it', async () => {
      await using it = await open()
      await raise(it.ledger)
      const [[first], [second]] = [await due(it.ledger), await due(it.other)]
      expect(first).toMatchObject({ customer: 'ada', threshold: 80, deliveries: 0 })
      if (!first || !second) throw new Error('No alert is due')
      expect(await Promise.all([it.ledger.takeAlert(first), it.other.takeAlert(second)])).toContain(false)
      expect(await due(it.other)).toEqual([])
    })

    test('offers alerts in the order in which they were raised', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 10)
      expect((await due(it.other)).map(({ threshold }) => threshold)).toEqual([80, 100])
    })

    test('offers an unfinished alert again after longer and longer pauses', async () => {
      await using it = await open()
      await raise(it.ledger)
      for (const [deliveries, pauseMs] of [30_000, 60_000, 120_000].entries()) {
        const [alert] = await due(it.other)
        expect(alert).toMatchObject({ deliveries })
        if (alert) expect(await it.other.takeAlert(alert)).toBe(true)
        it.advance(pauseMs - 1)
        expect(await due(it.ledger)).toEqual([])
        it.advance(1)
      }
    })

    test('never offers a finished alert again, but still lists it', async () => {
      await using it = await open()
      await raise(it.ledger)
      const [alert] = await due(it.ledger)
      if (alert) await it.ledger.takeAlert(alert)
      await it.other.finishAlert({ customer: 'ada', id: alert?.id ?? '' })
      it.advance(2 * hour)
      expect(await due(it.ledger)).toEqual([])
      expect(await alertsOf(it.ledger)).toHaveLength(1)
    })

    test('offers a deferred alert immediately after a backward clock step', async () => {
      await using it = await open()
      await raise(it.ledger)
      const [alert] = await due(it.ledger)
      if (alert) await it.ledger.takeAlert(alert)
      it.advance(-2 * day)
      expect(await due(it.ledger)).toHaveLength(1)
    })

    test('offers no alert that is older than a week', async () => {
      await using it = await open()
      await raise(it.ledger)
      it.advance(7 * day)
      expect(await due(it.ledger)).toEqual([])
    })
  })
