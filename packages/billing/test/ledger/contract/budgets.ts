import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aBudget, aLeg, aReserve, aSettle, aSnapshot, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { balance, deliver, listBudgets, park, setBudget, setManyBudgets, spend } from './steps.ts'

const hour = 3_600_000
const noon = Date.parse('2026-11-22T12:00:00Z')
const november = Date.parse('2026-11-01T00:00:00Z')
const december = Date.parse('2026-12-01T00:00:00Z')

const take = (ledger: Ledger, amount = 1) => ledger.execute(aReserve({ legs: [aLeg({ amount })] }))

export const budgets = (open: OpenLedger) =>
  describe('budgets', () => {
    test('deny a call that would exceed the limit, even if the plan has units left', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger)
      await spend(it.ledger, 3)
      expect(await take(it.ledger, 2)).toMatchObject({ state: 'held' })
      const budget = { meter: 'generations', limit: 5, used: 3, held: 2, required: 1, window: 'month' }
      expect(await take(it.other, 1)).toMatchObject({
        state: 'overBudget',
        budgets: [{ ...budget, timeZone: 'UTC', resetsAt: december }],
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 95, held: 2, used: 3 })
    })

    test('allow no more than the limit to 20 concurrent calls on two nodes', async () => {
      await using it = await open()
      await fetched(it.ledger, units(500))
      await setBudget(it.ledger, { limit: 60 })
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => take(n % 2 === 0 ? it.ledger : it.other, 8)),
      )
      expect(answers.filter(({ state }) => state === 'held')).toHaveLength(7)
      expect(await listBudgets(it.other)).toMatchObject([{ used: 0, held: 56 }])
    })

    test('of 0 deny every call', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { limit: 0 })
      expect(await take(it.ledger)).toMatchObject({ state: 'overBudget', budgets: [{ limit: 0, used: 0 }] })
    })

    test('apply only to their meter', async () => {
      await using it = await open()
      const meters = { generations: { available: 9, granted: 9 }, tokens: { available: 9, granted: 9 } }
      await fetched(it.ledger, aSnapshot({ meters }))
      await setBudget(it.ledger, { meter: 'tokens', limit: 1 })
      const legs = [aLeg({ amount: 4 }), aLeg({ meter: 'tokens', amount: 2 })]
      expect(await it.ledger.execute(aReserve({ legs }))).toMatchObject({
        state: 'overBudget',
        budgets: [{ meter: 'tokens' }],
      })
      expect(await take(it.ledger, 4)).toMatchObject({ state: 'held' })
    })

    test('apply only to their customer', async () => {
      await using it = await open()
      await fetched(it.ledger, units(9))
      await fetched(it.ledger, units(9), { customer: 'bob' })
      await setBudget(it.ledger, { limit: 0 })
      expect(await it.ledger.execute(aReserve({ customer: 'bob' }))).toMatchObject({ state: 'held' })
      expect(await it.ledger.execute({ type: 'listBudgets', customer: 'bob' })).toMatchObject({ budgets: [] })
    })

    test('give precedence to a shortage of credits, because a higher limit would not help', async () => {
      await using it = await open()
      await fetched(it.ledger, units(3))
      await setBudget(it.ledger, { limit: 1 })
      expect(await take(it.ledger, 4)).toMatchObject({ state: 'short' })
    })

    test('get units back when a call is released, and when an abandoned hold expires', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger)
      const released = aReserve({ legs: [aLeg({ amount: 5 })] })
      await it.ledger.execute(released)
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: released.attempt })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 0 }])
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 5 })], ttlMs: 1000 }))
      it.advance(1001)
      expect(await take(it.ledger, 5)).toMatchObject({ state: 'held' })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 5 }])
    })

    test('count the actual units of a call, even above the limit', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger)
      const reserve = aReserve({ legs: [aLeg({ amount: 5 })] })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { amount: 7 }))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 7, held: 0 }])
      expect(await take(it.ledger)).toMatchObject({ state: 'overBudget' })
    })

    test('count units that an expired hold settles', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger)
      const leg = aLeg({ amount: 4, onExpiry: 'settle' })
      const reserve = aReserve({ legs: [leg], ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      await it.ledger.execute(settleOf(reserve))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4, held: 0 }])
    })

    test('count usage that was booked in their window before they were set, delivered or not', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 2)
      await deliver(it.ledger)
      await spend(it.ledger, 1)
      const parked = await spend(it.ledger, 1)
      await park(it.ledger, parked)
      await setBudget(it.other)
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4 }])
      expect(await take(it.ledger, 2)).toMatchObject({ state: 'overBudget' })
    })

    test('count usage that is booked in the batch that sets the budget', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await Promise.all([it.ledger.execute(aSettle()), it.ledger.execute(aBudget({ usedSince: november }))])
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 1 }])
    })

    test('do not count usage from before their window', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 4)
      it.advance(hour)
      await setBudget(it.ledger, { window: 'hour' })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, resetsAt: noon + 2 * hour }])
    })

    test('ask for the usage since the start of their window before they are set', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      expect(await it.ledger.execute(aBudget({ usedSince: november + 1 }))).toEqual({
        state: 'needsUsage',
        since: november,
      })
      expect(await listBudgets(it.ledger)).toEqual([])
    })

    test('start again when their window ends', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { window: 'hour' })
      await spend(it.ledger, 5)
      expect(await take(it.ledger)).toMatchObject({ budgets: [{ resetsAt: noon + hour }] })
      it.advance(hour)
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, resetsAt: noon + 2 * hour }])
      expect(await take(it.ledger, 5)).toMatchObject({ state: 'held' })
    })

    test('count a call in the window in which its hold was taken', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { window: 'hour' })
      const [settled, released] = [aReserve(), aReserve({ legs: [aLeg({ amount: 2 })] })]
      await it.ledger.execute(settled)
      await it.ledger.execute(released)
      it.advance(hour)
      expect(await take(it.ledger, 4)).toMatchObject({ state: 'held' })
      await it.ledger.execute(settleOf(settled))
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: released.attempt })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 4 }])
    })

    test('over the billing period start again when Flowglad starts a new period', async () => {
      await using it = await open()
      const period = (periodStart: number) =>
        aSnapshot({
          periodStart,
          periodEnd: periodStart + 24 * hour,
          meters: { generations: { available: 100, granted: 100 } },
        })
      await fetched(it.ledger, period(noon - hour))
      await spend(it.ledger, 2)
      await setBudget(it.ledger, { window: 'period' })
      await spend(it.ledger, 3)
      expect(await take(it.ledger)).toMatchObject({ budgets: [{ used: 5, resetsAt: noon + 23 * hour }] })
      await fetched(it.ledger, period(noon))
      expect(await take(it.ledger, 5)).toMatchObject({ state: 'held' })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 5, resetsAt: noon + 24 * hour }])
    })

    test('for a billing period are rejected until a snapshot reports the period', async () => {
      await using it = await open()
      expect(await setBudget(it.ledger, { window: 'period' })).toEqual({ state: 'needsSnapshot' })
    })

    test('do not start again when the clock steps backward', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { window: 'hour' })
      await spend(it.ledger, 5)
      it.advance(-2 * hour)
      expect(await take(it.ledger)).toMatchObject({ state: 'overBudget' })
    })

    test('keep their counters when the limit changes', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const first = await setBudget(it.ledger)
      await spend(it.ledger, 4)
      await take(it.ledger, 1)
      expect(await setBudget(it.other, { limit: 3 })).toEqual(first)
      expect(await listBudgets(it.ledger)).toMatchObject([{ limit: 3, used: 4, held: 1 }])
      expect(await take(it.ledger)).toMatchObject({ state: 'overBudget' })
      await setBudget(it.ledger, { limit: 8 })
      expect(await take(it.ledger, 3)).toMatchObject({ state: 'held' })
    })

    test('are replaced by a budget for the same meter and window in a different time zone', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger)
      await setBudget(it.ledger, { timeZone: 'America/New_York', limit: 7 })
      expect(await listBudgets(it.ledger)).toMatchObject([
        { limit: 7, timeZone: 'America/New_York', resetsAt: Date.parse('2026-12-01T05:00:00Z') },
      ])
    })

    test('are replaced and removed even within one batch', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const inNewYork = { timeZone: 'America/New_York', usedSince: november + 4 * hour }
      await Promise.all([
        it.ledger.execute(aBudget({ usedSince: november })),
        it.ledger.execute(aBudget(inNewYork)),
        it.ledger.execute(aBudget({ meter: 'tokens', usedSince: november })),
        it.ledger.execute({ type: 'removeBudget', customer: 'ada', id: 'month tokens' }),
      ])
      await Promise.all([
        it.other.execute({ type: 'removeBudget', customer: 'ada', id: 'month generations' }),
        it.other.execute(aBudget({ ...inNewYork, limit: 6 })),
      ])
      expect(await listBudgets(it.ledger)).toMatchObject([{ timeZone: 'America/New_York', limit: 6 }])
    })

    test('no longer apply after they are removed', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const answer = await setBudget(it.ledger, { limit: 1 })
      const id = answer.state === 'set' ? answer.id : ''
      const running = aReserve()
      await it.ledger.execute(running)
      expect(await it.other.execute({ type: 'removeBudget', customer: 'ada', id })).toEqual({
        state: 'removed',
      })
      expect(await it.ledger.execute({ type: 'removeBudget', customer: 'ada', id })).toEqual({
        state: 'noBudget',
      })
      await it.ledger.execute(settleOf(running))
      expect(await take(it.ledger, 9)).toMatchObject({ state: 'held' })
      expect(await listBudgets(it.ledger)).toEqual([])
    })

    test('get no units back from a call that counted against a removed budget', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const answer = await setBudget(it.ledger)
      const [released, settled] = [aReserve({ legs: [aLeg({ amount: 2 })] }), aReserve()]
      await it.ledger.execute(released)
      await it.ledger.execute(settled)
      await it.ledger.execute({
        type: 'removeBudget',
        customer: 'ada',
        id: answer.state === 'set' ? answer.id : '',
      })
      await setBudget(it.ledger)
      await take(it.ledger, 4)
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: released.attempt })
      await it.ledger.execute(settleOf(settled))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 1, held: 4 }])
    })

    test('are limited in number, so that they can’t slow down a call', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setManyBudgets(it.ledger)
      expect(await setBudget(it.ledger)).toEqual({ state: 'tooMany', atMost: 1_000 })
      expect(await setBudget(it.ledger, { meter: 'meter 7', window: 'hour', limit: 1 })).toMatchObject({
        state: 'set',
      })
      expect(await listBudgets(it.ledger)).toHaveLength(1_000)
    })

    test('can be set before the customer’s first call', async () => {
      await using it = await open()
      await setBudget(it.ledger, { limit: 2 })
      await fetched(it.other, units(100))
      expect(await take(it.other, 3)).toMatchObject({ state: 'overBudget' })
    })

    test('start without held units if they are removed and set again in one batch', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger)
      await spend(it.ledger, 1)
      await take(it.ledger, 4)
      await Promise.all([
        it.ledger.execute({ type: 'removeBudget', customer: 'ada', id: 'month generations' }),
        it.ledger.execute(aBudget({ usedSince: november })),
      ])
      expect(await listBudgets(it.other)).toMatchObject([{ used: 1, held: 0 }])
      expect(await it.other.audit('ada')).toEqual([])
    })

    test('apply to unlimited usage too', async () => {
      await using it = await open()
      const unlimitedBy = { generations: 'unlimited' }
      await fetched(it.ledger, aSnapshot({ features: ['unlimited'] }), { unlimitedBy })
      await setBudget(it.ledger)
      const legs = [aLeg({ amount: 6, unlimitedBy: 'unlimited' })]
      expect(await it.ledger.execute(aReserve({ legs }))).toMatchObject({ state: 'overBudget' })
    })

    test.each([
      { limit: -1 },
      { limit: 1.5 },
      { limit: Number.NaN },
      { timeZone: 'Mars/Olympus' },
      { timeZone: '+02:00' },
      { timeZone: 'PST' },
      { timeZone: 'Z' },
      { timeZone: null },
      { window: 'period' as const, timeZone: 'UTC' },
      { window: 'hour' as const, timeZone: 'UTC' },
      { meter: '' },
    ])('reject %j', async (command) => {
      await using it = await open()
      await expect(it.ledger.execute(aBudget(command))).rejects.toMatchObject({ name: 'InvalidCommandError' })
    })
  })
