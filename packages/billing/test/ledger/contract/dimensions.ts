import { describe, expect, test } from 'vitest'
import type { Label } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { DailyLabel } from '../../../src/ledger/reads.ts'
import { aLeg, aReserve, aSettle, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { anAct, spend } from './steps.ts'

const day = 24 * 3_600_000
const price = { usageMeterSlug: 'generations' }

const aLabel = (label: Partial<Label> = {}): Label => ({
  dimension: 'model',
  value: 'small',
  atMost: 3,
  ...label,
})

const model = (value: string, atMost = 3) => [aLabel({ value, atMost })]

const byValue = async (ledger: Ledger, dimension = 'model', customer = 'ada') => {
  const rows = await ledger.usageByValue({ customer, dimension, meters: ['generations'], days: 30 })
  return rows.map(({ value, amount }) => [value, amount])
}

async function dailyLabels(ledger: Ledger): Promise<DailyLabel[]> {
  const rows: DailyLabel[] = []
  for await (const row of ledger.dailyLabels('ada')) rows.push(row)
  return rows
}

export const dimensions = (open: OpenLedger) =>
  describe('dimensions', () => {
    test('count the charged units by value', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 2, model('small'))
      await spend(it.other, 5, model('large'))
      const reserve = aReserve({ legs: [aLeg({ amount: 9, labels: model('small') })] })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { amount: 4 }))
      expect(
        await it.other.usageByValue({
          customer: 'ada',
          dimension: 'model',
          meters: ['generations'],
          days: 1,
        }),
      ).toEqual([
        { day: '2026-11-22', meter: 'generations', value: 'large', amount: 5 },
        { day: '2026-11-22', meter: 'generations', value: 'small', amount: 6 },
      ])
    })

    test('count units without a label under `other`', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 2, undefined)
      await spend(it.ledger, 3, [aLabel({ dimension: 'member', value: 'mia' })])
      await spend(it.ledger, 4, model('small'))
      expect(await byValue(it.ledger)).toEqual([
        ['small', 4],
        ['other', 5],
      ])
      expect(await byValue(it.ledger, 'member')).toEqual([
        ['mia', 3],
        ['other', 6],
      ])
    })

    test('count further values under `other` when the dimension is full', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      for (const value of ['a', 'b', 'c', 'd', 'a', 'e']) await spend(it.ledger, 1, model(value))
      expect(await byValue(it.ledger)).toEqual([
        ['a', 2],
        ['b', 1],
        ['c', 1],
        ['other', 2],
      ])
    })

    test('never exceed their number of values if two nodes add values at the same time', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => spend(n % 2 === 0 ? it.ledger : it.other, 1, model(`v${n}`))),
      )
      const rows = await byValue(it.ledger)
      expect(rows).toHaveLength(4)
      expect(rows.at(-1)).toEqual(['other', 17])
      expect(await it.ledger.audit('ada')).toEqual([])
    })

    test('add values when their number is raised, and keep the values when it is lowered', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      for (const value of ['a', 'b']) await spend(it.ledger, 1, model(value, 1))
      await spend(it.ledger, 1, model('b', 2))
      await spend(it.ledger, 1, model('b', 1))
      expect(await byValue(it.ledger)).toEqual([
        ['a', 1],
        ['b', 2],
        ['other', 1],
      ])
    })

    test('have separate values for each customer and meter', async () => {
      await using it = await open()
      await fetched(it.ledger, units(9))
      await fetched(it.ledger, units(9), { customer: 'bob' })
      await spend(it.ledger, 1, model('a', 1))
      const leg = { meter: 'generations', price, flagged: null }
      await it.ledger.execute(
        aSettle({ customer: 'bob', legs: [{ ...leg, amount: 2, labels: model('b', 1) }] }),
      )
      await it.ledger.execute(
        aSettle({ legs: [{ ...leg, meter: 'tokens', amount: 7, labels: model('c', 1) }] }),
      )
      expect(await byValue(it.ledger)).toEqual([['a', 1]])
      expect(await byValue(it.ledger, 'model', 'bob')).toEqual([['b', 2]])
      const tokens = { customer: 'ada', dimension: 'model', meters: ['tokens'], days: 1 }
      expect(await it.ledger.usageByValue(tokens)).toMatchObject([{ value: 'c', amount: 7 }])
    })

    test('count units on the day of the charge, and units without a label under `other`', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 2, model('a'))
      it.advance(day)
      await fetched(it.ledger, units(98, 100))
      await spend(it.ledger, 3, model('a'))
      await spend(it.ledger, 4, [])
      const query = { customer: 'ada', dimension: 'model', meters: ['generations'] }
      expect(await it.ledger.usageByValue({ ...query, days: 30 })).toEqual([
        { day: '2026-11-22', meter: 'generations', value: 'a', amount: 2 },
        { day: '2026-11-23', meter: 'generations', value: 'a', amount: 3 },
        { day: '2026-11-23', meter: 'generations', value: 'other', amount: 4 },
      ])
      expect(await it.ledger.usageByValue({ ...query, days: 1 })).toHaveLength(2)
      expect(await it.ledger.usageByValue({ ...query, meters: ['tokens'], days: 30 })).toEqual([])
    })

    test('count the units that an abandoned hold books at expiry', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const leg = aLeg({ amount: 4, onExpiry: 'settle', labels: model('a') })
      const reserve = aReserve({ legs: [leg], ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(1001)
      await it.other.execute({ type: 'expire', customer: 'ada' })
      expect(await byValue(it.ledger)).toEqual([['a', 4]])
      // The late settle books nothing, because the expiry has booked the leg.
      await it.ledger.execute(settleOf(reserve))
      expect(await byValue(it.ledger)).toEqual([['a', 4]])
    })

    test('count the stored count of a stream that expires', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const reserve = aReserve({ legs: [aLeg({ amount: 9, labels: model('a') })], ttlMs: 1000 })
      await it.ledger.execute(reserve)
      const counted = [{ meter: 'generations', amount: 6 }]
      await it.ledger.execute({
        type: 'renew',
        customer: 'ada',
        attempt: reserve.attempt,
        ttlMs: 1000,
        counted,
      })
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect(await byValue(it.ledger)).toEqual([['a', 6]])
    })

    test('count a late settle once, whether or not its hold has a row', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const reserve = aReserve({ legs: [aLeg({ amount: 4, labels: model('a') })], ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      const leg = { meter: 'generations', amount: 2, price, flagged: null, labels: model('b') }
      const lost = aSettle({ legs: [leg] })
      for (const settle of [settleOf(reserve), lost, settleOf(reserve), lost]) await it.other.execute(settle)
      expect(await byValue(it.ledger)).toEqual([
        ['a', 4],
        ['b', 2],
      ])
    })

    test.each(['the same node', 'another node'])(
      'keep their number of values if %s releases a hold before its settle',
      async (node) => {
        await using it = await open()
        await fetched(it.ledger, units(100))
        await spend(it.ledger, 1, model('a'))
        await spend(it.ledger, 1, model('b'))
        const reserve = aReserve({ legs: [aLeg({ labels: model('c') })] })
        await it.ledger.execute(reserve)
        const releasing = node === 'the same node' ? it.ledger : it.other
        const release = releasing.execute(anAct({ type: 'release', attempt: reserve.attempt }))
        if (node === 'another node') await release
        await Promise.all([release, it.ledger.execute(settleOf(reserve))])
        await spend(it.ledger, 1, model('d'))
        expect(await byValue(it.ledger)).toEqual([
          ['a', 1],
          ['b', 1],
          ['c', 1],
          ['other', 1],
        ])
        expect(await it.ledger.audit('ada')).toEqual([])
      },
    )

    test('count nothing for released and denied calls', async () => {
      await using it = await open()
      await fetched(it.ledger, units(5))
      const reserve = aReserve({ legs: [aLeg({ labels: model('a') })] })
      await it.ledger.execute(reserve)
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: reserve.attempt })
      const denied = aReserve({ legs: [aLeg({ amount: 6, labels: model('b', 2) })] })
      expect(await it.ledger.execute(denied)).toMatchObject({ state: 'short' })
      expect(await byValue(it.ledger)).toEqual([])
      // The denied call added no value to the dimension, but the released call added one.
      await spend(it.ledger, 1, model('c', 2))
      expect(await byValue(it.ledger)).toEqual([['c', 1]])
    })

    test('count a charge once if its batch runs again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(5))
      const reserve = aReserve({ legs: [aLeg({ labels: model('a') })] })
      const commands = [reserve, reserve, settleOf(reserve), settleOf(reserve)]
      await Promise.all(commands.map((command) => it.ledger.execute(command)))
      expect(await byValue(it.ledger)).toEqual([['a', 1]])
      expect(await it.ledger.audit('ada')).toEqual([])
    })

    test('count a recovered event under the labels of its hold, or under `other` if the backup lacks the hold', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const reserve = aReserve({ legs: [aLeg({ amount: 4, labels: model('a') })] })
      await it.ledger.execute(reserve)
      const event = {
        meter: 'generations',
        subscription: 'sub_1',
        amount: 3,
        procedure: 'studio.generate',
        priceId: null,
        at: Date.parse('2026-11-22T12:00:00Z'),
        properties: {},
        operation: null,
      }
      await it.ledger.execute({
        type: 'recover',
        customer: 'ada',
        events: [
          { ...event, attempt: reserve.attempt },
          { ...event, attempt: 'lost', amount: 2 },
        ],
      })
      expect(await byValue(it.ledger)).toEqual([
        ['a', 3],
        ['other', 2],
      ])
    })

    test('count the corrected amount after a recovery corrects a charge', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const leg = aLeg({ amount: 4, onExpiry: 'settle', labels: model('a') })
      const reserve = aReserve({ legs: [leg], ttlMs: 1000 })
      await it.ledger.execute(reserve)
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      const event = { attempt: reserve.attempt, meter: 'generations', amount: 1, priceId: null }
      const rest = { subscription: 'sub_1', procedure: 'p', at: 0, properties: {}, operation: null }
      await it.ledger.execute({ type: 'recover', customer: 'ada', events: [{ ...event, ...rest }] })
      expect(await byValue(it.ledger)).toEqual([['a', 1]])
      expect(await it.ledger.audit('ada')).toEqual([])
    })

    test('list each value’s units by day, meter and dimension', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await spend(it.ledger, 2, [aLabel({ value: 'a' }), aLabel({ dimension: 'member', value: 'mia' })])
      await spend(it.ledger, 3, model('b'))
      const rows = { customer: 'ada', day: '2026-11-22', meter: 'generations' }
      expect(await dailyLabels(it.other)).toEqual([
        { ...rows, dimension: 'member', value: 'mia', amount: 2 },
        { ...rows, dimension: 'model', value: 'a', amount: 2 },
        { ...rows, dimension: 'model', value: 'b', amount: 3 },
      ])
    })

    test('list each value’s units once if they need several pages', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10_000))
      const values = Array.from({ length: 1_001 }, (_, n) => `v${n}`)
      const settles = values.map((value) => {
        const labels = model(value, values.length)
        return aSettle({ legs: [{ meter: 'generations', amount: 1, price, flagged: null, labels }] })
      })
      await Promise.all(settles.map((settle) => it.ledger.execute(settle)))
      const listed = (await dailyLabels(it.other)).map(({ value }) => value)
      expect(listed).toEqual(values.sort())
    })

    test('return the 100 values with the most units', async () => {
      await using it = await open()
      await fetched(it.ledger, units(1_000))
      const values = Array.from({ length: 102 }, (_, n) => String(n))
      const legs = values.map((value, n) => ({
        meter: 'generations',
        amount: n < 2 ? 1 : 2,
        price,
        flagged: null,
        labels: model(value, 500),
      }))
      await Promise.all(legs.map((leg) => it.ledger.execute(aSettle({ legs: [leg] }))))
      const rows = await byValue(it.ledger)
      expect(rows).toHaveLength(101)
      expect(rows.at(-1)).toEqual(['other', 2])
      expect(rows.slice(0, -1).every(([, amount]) => amount === 2)).toBe(true)
    })

    test('limit the number of rows for a customer who sends 2,000 values', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10_000))
      const settles = Array.from({ length: 2_000 }, (_, n) => {
        const labels = model(`v${n}`, 5)
        return aSettle({ legs: [{ meter: 'generations', amount: 1, price, flagged: null, labels }] })
      })
      await Promise.all(settles.map((settle) => it.ledger.execute(settle)))
      expect(await dailyLabels(it.ledger)).toHaveLength(5)
      expect((await byValue(it.ledger)).at(-1)).toEqual(['other', 1_995])
    })

    const unusable: [string, Label][] = [
      ['an empty value', aLabel({ value: '' })],
      ['a value of 10 kB', aLabel({ value: 'x'.repeat(10_000) })],
      ['a value with NUL', aLabel({ value: 'a\0b' })],
      ['a value with a lone surrogate', aLabel({ value: 'a\ud800' })],
      ['a dimension with NUL', aLabel({ dimension: 'model\0' })],
      ['no allowed values', aLabel({ atMost: 0 })],
    ]
    test.each(unusable)('count a label with %s under `other`', async (_, label) => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await spend(it.ledger, 1, [label])
      expect(await byValue(it.ledger)).toEqual([['other', 1]])
    })

    test('count values that look like built-in names or SQL', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const values = ['__proto__', 'constructor', 'toString', `'"\\$$;--`, 'ü 𝒳\n']
      for (const value of values) await spend(it.ledger, 1, model(value, 9))
      const rows = await byValue(it.ledger)
      expect(rows.map(([value]) => value).sort()).toEqual(values.toSorted())
    })
  })
