import { describe, expect, test } from 'vitest'
import type { PlanBudget } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { attemptId } from '../../../src/metering/attemptId.ts'
import { aLeg, aReserve, aSnapshot, fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { listBudgets, setBudget, setManyBudgets, spend } from './steps.ts'

const hour = 3_600_000

const aPlanBudget = (budget: Partial<PlanBudget> = {}): PlanBudget => ({
  instance: attemptId(Date.now()),
  meter: 'generations',
  scope: null,
  window: 'hour',
  timeZone: null,
  limit: 5,
  mode: 'block',
  thresholds: [80, 100],
  ...budget,
})
const take = (ledger: Ledger, amount = 1) => ledger.execute(aReserve({ legs: [aLeg({ amount })] }))
const install = (ledger: Ledger, ...planBudgets: PlanBudget[]) => fetched(ledger, units(100), { planBudgets })

export const planBudgets = (open: OpenLedger) =>
  describe('a plan’s budgets', () => {
    test('apply in addition to the customer’s own budgets', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget())
      await setBudget(it.ledger, { window: 'hour', limit: 3 })
      expect(await take(it.ledger, 4)).toMatchObject({ budgets: [{ source: 'customer', limit: 3 }] })
      const both = await take(it.other, 6)
      expect(both.state === 'overBudget' && both.budgets.map(({ source }) => source).toSorted()).toEqual([
        'customer',
        'plan',
      ])
      expect(await listBudgets(it.ledger)).toMatchObject([
        { id: 'hour generations', source: 'customer' },
        { id: 'plan hour generations', source: 'plan' },
      ])
    })

    test('keep their counters after a later fetch, even if the app changes the limit', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget())
      await spend(it.ledger, 3)
      await install(it.other, aPlanBudget({ limit: 4, mode: 'notify', thresholds: [50] }))
      expect(await listBudgets(it.ledger)).toMatchObject([
        { used: 3, limit: 4, mode: 'notify', thresholds: [50] },
      ])
    })

    test('end with the first fetch after the plan no longer has them', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget({ limit: 0 }), aPlanBudget({ window: 'day', timeZone: 'UTC' }))
      await install(it.ledger, aPlanBudget({ window: 'day', timeZone: 'UTC' }))
      expect(await take(it.ledger)).toMatchObject({ state: 'held' })
      expect(await listBudgets(it.other)).toMatchObject([{ window: 'day' }])
    })

    test('keep their counters while the customer has no subscription', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget())
      await spend(it.ledger, 5)
      await fetched(it.ledger, { subscription: null, meters: {} })
      await install(it.ledger, aPlanBudget())
      expect(await take(it.ledger)).toMatchObject({ state: 'overBudget' })
    })

    test('start again in each window', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget())
      await spend(it.ledger, 5)
      it.advance(hour)
      expect(await take(it.ledger, 5)).toMatchObject({ state: 'held' })
    })

    test('over the billing period start with the subscription’s period', async () => {
      await using it = await open()
      const periodStart = Date.parse('2026-11-20T00:00:00Z')
      const snapshot = aSnapshot({ periodStart, periodEnd: periodStart + 30 * 24 * hour })
      await fetched(it.ledger, snapshot, { planBudgets: [aPlanBudget({ window: 'period' })] })
      expect(await listBudgets(it.ledger)).toMatchObject([{ resetsAt: periodStart + 30 * 24 * hour }])
    })

    test('can’t be removed by the customer', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget())
      const remove = { type: 'removeBudget', customer: 'ada', id: 'plan hour generations' } as const
      expect(await it.ledger.execute(remove)).toEqual({ state: 'noBudget' })
      expect(await listBudgets(it.ledger)).toHaveLength(1)
    })

    test('leave room for 1,000 of the customer’s own budgets', async () => {
      await using it = await open()
      await install(it.ledger, aPlanBudget())
      await setManyBudgets(it.ledger)
      expect(await listBudgets(it.ledger)).toHaveLength(1_001)
      expect(await setBudget(it.ledger)).toEqual({ state: 'tooMany', atMost: 1_000 })
    })
  })
