import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

export const keys = (open: OpenLedger) =>
  describe('keys and replay', () => {
    test('a retry gets the stored result without running, from either node', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { result: '{"id":"p1"}' }))
      const replay = { state: 'completed', result: '{"id":"p1"}' }
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toEqual(replay)
      expect(await it.other.execute(aReserve({ key: 'k' }))).toEqual(replay)
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 9, held: 0 }])
    })

    test('a key is scoped to its customer and procedure', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await fetched(it.ledger, units(10), { customer: 'bob' })
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { result: '1' }))
      expect(await it.ledger.execute(aReserve({ key: 'k', procedure: 'other' }))).toMatchObject({
        state: 'held',
      })
      expect(await it.ledger.execute(aReserve({ key: 'k', customer: 'bob' }))).toMatchObject({
        state: 'held',
      })
    })

    test('the same key for another input is refused, also after a failure, for 24 hours', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      const other = () => it.other.execute(aReserve({ key: 'k', fingerprint: 'b'.repeat(64) }))
      expect(await other()).toEqual({ state: 'keyReused' })
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: reserve.attempt })
      expect(await other()).toEqual({ state: 'keyReused' })
      it.advance(23 * 3_600_000)
      expect(await other()).toEqual({ state: 'keyReused' })
      it.advance(2 * 3_600_000)
      await fetched(it.ledger, units(10))
      expect(await other()).toMatchObject({ state: 'held' })
    })

    test('while one attempt runs, another under its key is told when to ask again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aReserve({ key: 'k', ttlMs: 1000 }))
      expect(await it.other.execute(aReserve({ key: 'k' }))).toEqual({
        state: 'inProgress',
        retryAfterMs: 500,
      })
      it.advance(900)
      const answer = await it.other.execute(aReserve({ key: 'k' }))
      expect(answer.state === 'inProgress' && answer.retryAfterMs).toBeLessThanOrEqual(100)
    })

    test('of concurrent attempts under one key one runs', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? it.ledger : it.other).execute(aReserve({ key: 'k' })),
        ),
      )
      expect(answers.filter((answer) => answer.state === 'held')).toHaveLength(1)
      expect(answers.filter((answer) => answer.state === 'inProgress')).toHaveLength(9)
    })

    test('after a failure or expiry the key is free for the same input', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const failed = aReserve({ key: 'k' })
      await it.ledger.execute(failed)
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: failed.attempt })
      expect(await it.other.execute(aReserve({ key: 'k', ttlMs: 1000 }))).toMatchObject({ state: 'held' })
      it.advance(1001)
      // Met by a reserve, a hold past its time is expired on the spot.
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ held: 1 }])
    })

    test('first settle per key wins: a later attempt is not charged and gets the stored result', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const first = aReserve({ key: 'k', ttlMs: 1000, legs: [aLeg({ amount: 2 })] })
      await it.ledger.execute(first)
      it.advance(1001)
      const second = aReserve({ key: 'k', legs: [aLeg({ amount: 3 })] })
      expect(await it.ledger.execute(second)).toMatchObject({ state: 'held' })
      expect(await it.ledger.execute(settleOf(second, { result: '"second"' }))).toEqual({ state: 'settled' })
      expect(await it.other.execute(settleOf(first, { result: '"first"' }))).toEqual({
        state: 'completed',
        result: '"second"',
      })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 7, held: 0 }])
    })

    test('an expired attempt that settles first wins over the one that runs', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const first = aReserve({ key: 'k', ttlMs: 1000, legs: [aLeg({ amount: 2 })] })
      await it.ledger.execute(first)
      it.advance(1001)
      const second = aReserve({ key: 'k', legs: [aLeg({ amount: 3 })] })
      await it.ledger.execute(second)
      expect(await it.ledger.execute(settleOf(first, { result: '"first"' }))).toEqual({ state: 'settled' })
      expect(await it.ledger.execute(settleOf(second, { result: '"second"' }))).toEqual({
        state: 'completed',
        result: '"first"',
      })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 8, held: 0 }])
    })

    test('a result that is too large, or none, answers a retry without one', async () => {
      await using it = await open({ resultBytes: 10 })
      await fetched(it.ledger, units(10))
      for (const result of ['"0123456789"', null]) {
        const reserve = aReserve({ key: `k${result?.length}` })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result }))
        expect(await it.ledger.execute(aReserve({ key: reserve.key }))).toEqual({
          state: 'completed',
          result: null,
        })
      }
    })

    test('of a customer the newest results are kept within the budget', async () => {
      await using it = await open({ resultBytesPerCustomer: 30 })
      await fetched(it.ledger, units(10))
      for (const key of ['a', 'b', 'c', 'd']) {
        const reserve = aReserve({ key })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result: `"${key.repeat(10)}"` }))
        it.advance(1)
      }
      const replays = await Promise.all(
        ['a', 'b', 'c', 'd'].map((key) => it.other.execute(aReserve({ key }))),
      )
      expect(replays).toEqual([
        { state: 'completed', result: null },
        { state: 'completed', result: null },
        { state: 'completed', result: '"cccccccccc"' },
        { state: 'completed', result: '"dddddddddd"' },
      ])
    })

    test('a large result makes room for itself among however small ones', async () => {
      await using it = await open({ resultBytesPerCustomer: 300 })
      await fetched(it.ledger, units(1000))
      const complete = async (key: string, result: string) => {
        const reserve = aReserve({ key })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result }))
      }
      const replay = (key: string) => it.other.execute(aReserve({ key }))
      for (let n = 0; n < 100; n += 1) {
        await complete(`k${n}`, '"x"')
        it.advance(1)
      }
      await complete('large', `"${'x'.repeat(248)}"`)
      expect(await replay('large')).toMatchObject({ result: expect.any(String) })
      expect([await replay('k83'), await replay('k84')]).toMatchObject([{ result: null }, { result: '"x"' }])
    })

    test('a result may hold any JSON text, NUL and astral characters escaped or not', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const result = JSON.stringify({ nul: '\0', astral: '😀', lone: '\ud800', quote: '"\\' })
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { result }))
      expect(await it.other.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result })
    })

    test('a denial leaves the key free', async () => {
      await using it = await open()
      await fetched(it.ledger, units(0))
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'short' })
      await fetched(it.ledger, units(1))
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
    })
  })
