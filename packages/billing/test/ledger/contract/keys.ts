import { describe, expect, test } from 'vitest'
import { aLeg, aRenew, aReserve, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { balance } from './steps.ts'

export const keys = (open: OpenLedger) =>
  describe('keys and replay', () => {
    test('returns the stored result to a retry on either node', async () => {
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

    test('scopes a key to its customer and procedure', async () => {
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

    test('rejects a key with a different input for 24 hours, even after a failure', async () => {
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

    test('tells a second attempt under a key when to retry', async () => {
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

    test('runs only one of ten concurrent attempts under the same key', async () => {
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

    test('frees a key for the same input after a failure or expiry', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const failed = aReserve({ key: 'k' })
      await it.ledger.execute(failed)
      await it.ledger.execute({ type: 'release', customer: 'ada', attempt: failed.attempt })
      expect(await it.other.execute(aReserve({ key: 'k', ttlMs: 1000 }))).toMatchObject({ state: 'held' })
      it.advance(1001)
      // A reserve first expires the key's due hold.
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ held: 1 }])
    })

    test('charges only the first settle under a key', async () => {
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

    test('charges an expired attempt if it settles before the running attempt', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const first = aReserve({ key: 'k', ttlMs: 1000, legs: [aLeg({ amount: 2 })] })
      await it.ledger.execute(first)
      it.advance(1001)
      const second = aReserve({ key: 'k', legs: [aLeg({ amount: 3 })] })
      await it.ledger.execute(second)
      expect(await it.ledger.execute(settleOf(first, { result: '"first"' }))).toEqual({
        state: 'settled',
        isLate: true,
      })
      expect(await it.ledger.execute(settleOf(second, { result: '"second"' }))).toEqual({
        state: 'completed',
        result: '"first"',
      })
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 8, held: 0 }])
    })

    test('returns no result to a retry if the result was missing or too large', async () => {
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

    test('keeps a customer’s newest results and removes older results beyond the budget', async () => {
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

    test('stores no result that exceeds the customer’s whole budget', async () => {
      await using it = await open({ resultBytesPerCustomer: 20 })
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { result: `"${'x'.repeat(30)}"` }))
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result: null })
    })

    test('removes as many small results as needed to store a large result', async () => {
      await using it = await open({ resultBytesPerCustomer: 120 })
      await fetched(it.ledger, units(100))
      const complete = async (key: string, result: string) => {
        const reserve = aReserve({ key })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result }))
      }
      const replay = (key: string) => it.other.execute(aReserve({ key }))
      for (let n = 0; n < 40; n += 1) {
        await complete(`k${n}`, '"x"')
        it.advance(1)
      }
      // The ledger loads the oldest results first. Removing only those wouldn't make enough room for the large
      // result.
      await complete('large', `"${'x'.repeat(98)}"`)
      expect(await replay('large')).toMatchObject({ result: expect.any(String) })
      expect([await replay('k33'), await replay('k34')]).toMatchObject([{ result: null }, { result: '"x"' }])
    })

    test('stores any JSON result, including NUL and astral characters', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const result = JSON.stringify({ nul: '\0', astral: '😀', lone: '\ud800', quote: '"\\' })
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { result }))
      expect(await it.other.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result })
    })

    test('keeps a key in use while its stream runs beyond the key’s retention period', async () => {
      await using it = await open({ keyRetentionMs: 1000 })
      await fetched(it.ledger, units(10))
      const stream = aReserve({ key: 'k', ttlMs: 1000, maxHoldMs: 1000 })
      await it.ledger.execute(stream)
      for (let renewals = 0; renewals < 3; renewals += 1) {
        it.advance(900)
        await it.ledger.execute(aRenew(stream, { ttlMs: 1000, counted: [] }))
      }
      expect(await it.other.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'inProgress' })
    })

    test('keeps a key at least as long as its hold can last', async () => {
      await using it = await open({ keyRetentionMs: 1000 })
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aReserve({ key: 'k', ttlMs: 5000, maxHoldMs: 5000 }))
      it.advance(4000)
      await it.ledger.prune()
      expect(await it.other.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'inProgress' })
    })

    test('charges a late settle without replacing another operation’s result under its key', async () => {
      await using it = await open({ keyRetentionMs: 1000 })
      await fetched(it.ledger, units(10))
      const late = aReserve({ key: 'k', ttlMs: 1000, maxHoldMs: 1000 })
      await it.ledger.execute(late)
      it.advance(2001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      const other = aReserve({ key: 'k', fingerprint: 'b'.repeat(64) })
      expect(await it.ledger.execute(other)).toMatchObject({ state: 'held' })
      await it.ledger.execute(settleOf(other, { result: '"other"' }))
      expect(await it.ledger.execute(settleOf(late, { result: '"late"' }))).toEqual({
        state: 'settled',
        isLate: true,
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 8, held: 0, used: 2 })
      expect(await it.ledger.execute(aReserve({ key: 'k', fingerprint: other.fingerprint }))).toEqual({
        state: 'completed',
        result: '"other"',
      })
    })

    test('keeps the stored result if a repeated settle contains no result', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ key: 'k' })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve, { result: '"r"' }))
      await it.other.execute(settleOf(reserve, { result: null }))
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result: '"r"' })
      expect(await balance(it.ledger)).toMatchObject({ available: 9 })
    })

    test('leaves the key free after a denial', async () => {
      await using it = await open()
      await fetched(it.ledger, units(0))
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'short' })
      await fetched(it.ledger, units(1))
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
    })
  })
