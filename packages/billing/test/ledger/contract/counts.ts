import { describe, expect, test } from 'vitest'
import type { Leg, Renew } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aLeg, aRenew, aReserve, aSnapshot, fetched, settleOf } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

const expire = { type: 'expire', customer: 'ada' } as const
const ttlMs = 1000
const generations = aLeg({ amount: 4 })
const tokens = aLeg({ meter: 'tokens', amount: 5 })

/** Opens a ledger with 10 units on each meter and reserves units for running work. */
async function running(open: OpenLedger, legs: Leg[], maxHoldMs = 900_000) {
  const it = await open()
  const grant = { available: 10, granted: 10 }
  await fetched(it.ledger, aSnapshot({ meters: { generations: grant, tokens: grant } }))
  const reserve = aReserve({ legs, key: 'k', ttlMs, maxHoldMs })
  await it.ledger.execute(reserve)
  return {
    ...it,
    reserve,
    /** Stores the units that the work has counted. */
    count: (counted: Renew['counted']) => it.ledger.execute(aRenew(reserve, { ttlMs, counted })),
    /** Returns the ledger's answer to a retry under the key. */
    retry: () => it.other.execute(aReserve({ legs, key: 'k' })),
    /** Expires the hold, as another node does after a crash. */
    async crash() {
      it.advance(ttlMs)
      expect(await it.other.execute(expire)).toEqual({ state: 'swept', ended: 1 })
    },
    async [Symbol.asyncDispose]() {
      await it[Symbol.asyncDispose]()
    },
  }
}

async function chargesOf(ledger: Ledger) {
  const { charges } = await ledger.charges({ customer: 'ada', limit: 10, cursor: null })
  return charges.map(({ meter, amount }) => [meter, amount]).sort()
}
const balancesOf = async (ledger: Ledger) => (await ledger.balances('ada')).balances

export const counts = (open: OpenLedger) =>
  describe('counts', () => {
    test.each(['release', 'settle'] as const)(
      'books the count once when the hold expires and onExpiry is %s',
      async (onExpiry) => {
        await using it = await running(open, [{ ...generations, onExpiry }])
        await it.count([{ meter: 'generations', amount: 1 }])
        await it.count([{ meter: 'generations', amount: 3 }])
        expect(await balancesOf(it.ledger)).toMatchObject([{ available: 6, held: 4 }, {}])
        await it.crash()
        await it.other.execute(expire)
        expect(await balancesOf(it.ledger)).toMatchObject([{ available: 7, held: 0, used: 3 }, {}])
        const { charges } = await it.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
        expect(charges).toMatchObject([
          { amount: 3, transactionId: it.reserve.attempt, flagged: 'expired', state: 'waiting' },
        ])
        expect(await it.retry()).toEqual({ state: 'completed', result: null })
      },
    )

    test('a late settle books only the meters whose counts were not booked at expiry', async () => {
      await using it = await running(open, [generations, tokens])
      await it.count([{ meter: 'tokens', amount: 2 }])
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([['tokens', 2]])
      expect(await it.ledger.execute(settleOf(it.reserve, { amount: 4, result: '"late"' }))).toEqual({
        state: 'settled',
        isLate: true,
      })
      expect(await chargesOf(it.ledger)).toEqual([
        ['generations', 4],
        ['tokens', 2],
      ])
      expect(await balancesOf(it.ledger)).toMatchObject([
        { available: 6, held: 0 },
        { available: 8, held: 0 },
      ])
      expect(await it.retry()).toEqual({ state: 'completed', result: '"late"' })
    })

    test('books a count that exceeds the hold', async () => {
      await using it = await running(open, [generations])
      await it.count([{ meter: 'generations', amount: 12 }])
      await it.crash()
      expect(await balancesOf(it.ledger)).toMatchObject([{ available: -2, held: 0, used: 12 }, {}])
    })

    test('applies onExpiry if no leg has a count', async () => {
      await using it = await running(open, [{ ...generations, onExpiry: 'settle' }, tokens])
      await it.count([])
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([['generations', 4]])
    })

    test('applies onExpiry only to legs without a count', async () => {
      await using it = await running(open, [{ ...generations, onExpiry: 'settle' }, tokens])
      await it.count([{ meter: 'tokens', amount: 1 }])
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([
        ['generations', 4],
        ['tokens', 1],
      ])
    })

    test('applies onExpiry after the count has returned to 0', async () => {
      await using it = await running(open, [generations])
      await it.count([{ meter: 'generations', amount: 3 }])
      await it.count([])
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([])
      expect(await it.retry()).toMatchObject({ state: 'held' })
    })

    test('keeps the count if a renewal carries no count', async () => {
      await using it = await running(open, [generations])
      await it.count([{ meter: 'generations', amount: 3 }])
      await it.count(null)
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([['generations', 3]])
    })

    test('ignores the count of a meter that the call does not use', async () => {
      await using it = await running(open, [generations])
      await it.count([
        { meter: 'generations', amount: 3 },
        { meter: 'tokens', amount: 3 },
      ])
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([['generations', 3]])
    })

    test.each(['settle', 'release'] as const)('ignores the count after a %s', async (type) => {
      await using it = await running(open, [generations])
      await it.count([{ meter: 'generations', amount: 3 }])
      const { customer, attempt } = it.reserve
      await it.ledger.execute(
        type === 'settle' ? settleOf(it.reserve, { amount: 2 }) : { type, customer, attempt },
      )
      it.advance(ttlMs)
      expect(await it.other.execute(expire)).toEqual({ state: 'swept', ended: 0 })
      expect(await chargesOf(it.ledger)).toEqual(type === 'settle' ? [['generations', 2]] : [])
      const count = await it.count([{ meter: 'generations', amount: 4 }])
      expect(count).toEqual({ state: 'ended', booked: [] })
    })

    test("books the count on the hold's subscription after the customer gets another subscription", async () => {
      await using it = await running(open, [generations])
      await it.count([{ meter: 'generations', amount: 3 }])
      const grant = { available: 50, granted: 50 }
      await fetched(it.other, aSnapshot({ id: 'sub_2', meters: { generations: grant } }))
      await it.crash()
      expect(await balancesOf(it.ledger)).toMatchObject([{ available: 50, held: 0 }, {}])
      expect(await chargesOf(it.ledger)).toEqual([['generations', 3]])
    })

    test("returns a running stream's units at maxHoldMs but later charges the stream in full", async () => {
      await using it = await running(open, [generations], 1500)
      await it.count([{ meter: 'generations', amount: 1 }])
      it.advance(800)
      expect(await it.count([{ meter: 'generations', amount: 2 }])).toEqual({
        state: 'renewed',
        expiresInMs: ttlMs,
      })
      it.advance(700)
      expect(await it.other.customersWithDueHolds(10)).toEqual(['ada'])
      await it.other.execute(expire)
      expect(await it.other.customersWithDueHolds(10)).toEqual([])
      expect(await balancesOf(it.ledger)).toMatchObject([{ available: 10, held: 0 }, {}])
      expect(await it.retry()).toMatchObject({ state: 'inProgress' })
      for (const amount of [3, 9]) {
        await it.count([{ meter: 'generations', amount }])
        it.advance(900)
        await it.other.execute(expire)
      }
      expect(await chargesOf(it.ledger)).toEqual([])
      await it.ledger.execute(settleOf(it.reserve, { amount: 9 }))
      expect(await balancesOf(it.ledger)).toMatchObject([{ available: 1, held: 0, used: 9 }, {}])
    })

    test('books the last count of work that crashes after maxHoldMs', async () => {
      await using it = await running(open, [generations, { ...tokens, onExpiry: 'settle' }], 1500)
      it.advance(800)
      await it.count([{ meter: 'generations', amount: 2 }])
      it.advance(700)
      await it.other.execute(expire)
      await it.count([{ meter: 'generations', amount: 7 }])
      await it.crash()
      expect(await chargesOf(it.ledger)).toEqual([
        ['generations', 7],
        ['tokens', 5],
      ])
      expect(await balancesOf(it.ledger)).toMatchObject([
        { available: 3, held: 0 },
        { available: 5, held: 0 },
      ])
    })

    test.each(['release', 'settle'] as const)(
      'charges a stream in full if its first count comes after maxHoldMs and onExpiry is %s',
      async (onExpiry) => {
        await using it = await running(open, [{ ...generations, onExpiry }], 1500)
        it.advance(800)
        await it.count([])
        it.advance(700)
        await it.other.execute(expire)
        expect(await balancesOf(it.ledger)).toMatchObject([{ available: 10, held: 0 }, {}])
        expect(await it.retry()).toMatchObject({ state: 'inProgress' })
        await it.count([{ meter: 'generations', amount: 9 }])
        await it.crash()
        expect(await chargesOf(it.ledger)).toEqual([['generations', 9]])
      },
    )

    test('reports to running work which meters were charged at expiry', async () => {
      await using it = await running(open, [generations, tokens])
      await it.count([{ meter: 'tokens', amount: 2 }])
      await it.crash()
      expect(await it.count([{ meter: 'tokens', amount: 3 }])).toEqual({ state: 'ended', booked: ['tokens'] })
    })

    test('charges running work in full after the clock steps forward and back', async () => {
      const stepMs = 3_600_000
      await using it = await running(open, [generations])
      it.advance(stepMs)
      const reserve = aReserve({ legs: [generations], ttlMs })
      const count = (amount: number) =>
        it.ledger.execute(aRenew(reserve, { ttlMs, counted: [{ meter: 'generations', amount }] }))
      await it.ledger.execute(reserve)
      await count(1)
      it.advance(-stepMs)
      expect(await it.other.execute(expire)).toEqual({ state: 'swept', ended: 1 })
      expect(await chargesOf(it.ledger)).toEqual([])
      await count(3)
      await it.ledger.execute(settleOf(reserve))
      expect(await chargesOf(it.ledger)).toEqual([['generations', 4]])
    })

    test('books the count of work that crashed during a clock step', async () => {
      const stepMs = 3_600_000
      await using it = await running(open, [generations], 2000)
      it.advance(stepMs)
      await it.count([{ meter: 'generations', amount: 3 }])
      it.advance(-stepMs)
      for (const _ of ['returns the units', 'books the count']) {
        it.advance(2000)
        await it.other.execute(expire)
      }
      expect(await chargesOf(it.ledger)).toEqual([['generations', 3]])
      expect(await balancesOf(it.ledger)).toMatchObject([{ available: 7, held: 0 }, {}])
    })
  })
