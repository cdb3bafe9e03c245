import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aBudget, aLeg, aReserve, aSettle, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { listBudgets, setBudget } from './steps.ts'

const hour = 3_600_000
const november = Date.parse('2026-11-01T00:00:00Z')

const member = (value: string, atMost = 10) => ({ dimension: 'member', value, atMost })
const model = (value: string) => ({ dimension: 'model', value, atMost: 10 })
const bob = { dimension: 'member', value: 'bob' }

const aCall = (amount: number, ...labels: ReturnType<typeof member>[]) =>
  aReserve({ legs: [aLeg({ amount, labels })] })
const take = (ledger: Ledger, amount: number, ...labels: ReturnType<typeof member>[]) =>
  ledger.execute(aCall(amount, ...labels))
async function spendAs(ledger: Ledger, amount: number, ...labels: ReturnType<typeof member>[]) {
  const reserve = aCall(amount, ...labels)
  await ledger.execute(reserve)
  return ledger.execute(settleOf(reserve))
}

export const scopedBudgets = (open: OpenLedger) =>
  describe('budgets for a dimension value', () => {
    test('limit one member and not the others', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      expect(await setBudget(it.ledger, { scope: bob })).toEqual({
        state: 'set',
        id: 'month generations member=bob',
      })
      await spendAs(it.ledger, 4, member('bob'))
      await spendAs(it.other, 9, member('eve'))
      expect(await take(it.other, 2, member('bob'))).toMatchObject({
        state: 'overBudget',
        budgets: [{ scope: bob, limit: 5, used: 4, required: 2 }],
      })
      expect(await take(it.ledger, 20, member('eve'))).toMatchObject({ state: 'held' })
      expect(await take(it.ledger, 20)).toMatchObject({ state: 'held' })
    })

    test('apply to every label of a call, in addition to the budget of the whole customer', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { scope: bob, limit: 9 })
      await setBudget(it.ledger, { scope: { dimension: 'model', value: 'large' }, limit: 3 })
      await setBudget(it.ledger, { limit: 20 })
      await spendAs(it.ledger, 2, member('bob'), model('large'))
      expect(await listBudgets(it.other)).toMatchObject([
        { id: 'month generations', scope: null, used: 2 },
        { id: 'month generations member=bob', used: 2 },
        { id: 'month generations model=large', used: 2 },
      ])
      expect(await take(it.ledger, 2, member('bob'), model('large'))).toMatchObject({
        budgets: [{ id: 'month generations model=large' }],
      })
      expect(await take(it.ledger, 7, member('bob'), model('small'))).toMatchObject({ state: 'held' })
    })

    test('count a settle without a hold by the settle’s labels', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { scope: bob })
      const leg = { meter: 'generations', amount: 3, price: { usageMeterSlug: 'generations' }, flagged: null }
      await it.ledger.execute(aSettle({ legs: [{ ...leg, labels: [member('bob')] }] }))
      await it.ledger.execute(aSettle({ legs: [leg] }))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 3 }])
    })

    test('count the units that an expired hold books, and get back the units that it releases', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { scope: bob, limit: 9 })
      const legs = (onExpiry: 'settle' | 'release') => [
        aLeg({ amount: 4, onExpiry, labels: [member('bob')] }),
      ]
      await it.ledger.execute(aReserve({ legs: legs('settle'), ttlMs: 1000 }))
      await it.ledger.execute(aReserve({ legs: legs('release'), ttlMs: 1000 }))
      expect(await listBudgets(it.other)).toMatchObject([{ used: 0, held: 8 }])
      it.advance(1001)
      await it.other.execute({ type: 'expire', customer: 'ada' })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4, held: 0 }])
    })

    test('limit a value even if the dimension is full and the value counts under `other`', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spendAs(it.ledger, 1, member('eve', 1))
      await setBudget(it.ledger, { scope: bob })
      await spendAs(it.ledger, 4, member('bob', 1))
      expect(await take(it.other, 2, member('bob', 1))).toMatchObject({ state: 'overBudget' })
    })

    test('count the usage of their value since the start of their window', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spendAs(it.ledger, 4, member('bob'))
      await spendAs(it.ledger, 8, member('eve'))
      await setBudget(it.other, { scope: bob })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4 }])
    })

    test('count the usage of their value in the batch that sets them', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const reserve = aCall(4, member('bob'))
      await it.ledger.execute(reserve)
      await Promise.all([
        it.ledger.execute(settleOf(reserve)),
        it.ledger.execute(aBudget({ scope: bob, usedSince: november })),
      ])
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4 }])
    })

    test('over an hour start with 0 units, because the totals are by day', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spendAs(it.ledger, 4, member('bob'))
      await setBudget(it.ledger, { scope: bob, window: 'hour' })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0 }])
      await spendAs(it.ledger, 5, member('bob'))
      expect(await take(it.ledger, 1, member('bob'))).toMatchObject({ state: 'overBudget' })
      it.advance(hour)
      expect(await take(it.ledger, 5, member('bob'))).toMatchObject({ state: 'held' })
    })

    test('raise alerts that name their value', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { scope: bob, thresholds: [80] })
      await spendAs(it.ledger, 4, member('bob'))
      expect(await it.ledger.alerts({ customer: 'ada', limit: 10 })).toMatchObject([
        { threshold: 80, used: 4, budget: { id: 'month generations member=bob', scope: bob } },
      ])
    })

    test('count earlier usage again when they are removed and set again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { scope: bob })
      await spendAs(it.ledger, 4, member('bob'))
      const id = 'month generations member=bob'
      expect(await it.ledger.execute({ type: 'removeBudget', customer: 'ada', id })).toEqual({
        state: 'removed',
      })
      expect(await take(it.ledger, 9, member('bob'))).toMatchObject({ state: 'held' })
      await setBudget(it.ledger, { scope: bob })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4 }])
    })

    test.each([
      { dimension: '', value: 'bob' },
      { dimension: 'member', value: '' },
      { dimension: 'member', value: 'x'.repeat(129) },
    ])('reject the scope %j', async (scope) => {
      await using it = await open()
      await expect(it.ledger.execute(aBudget({ scope }))).rejects.toMatchObject({
        name: 'InvalidCommandError',
      })
    })
  })
