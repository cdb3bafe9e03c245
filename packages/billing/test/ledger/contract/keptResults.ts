import { describe, expect, test } from 'vitest'
import type { KeepResult } from '../../../src/ledger/commands.ts'
import { attemptId } from '../../../src/metering/attemptId.ts'
import { aReserve, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

const id = { customer: 'ada', procedure: 'checkout', key: 'k', fingerprint: 'a'.repeat(64) }
const aFind = (find: Partial<typeof id> = {}) => ({ type: 'findResult', ...id, ...find }) as const
const aKeep = (keep: Partial<KeepResult> = {}): KeepResult => ({
  type: 'keepResult',
  ...id,
  attempt: attemptId(Date.now()),
  result: '"first"',
  replaces: null,
  ...keep,
})

export const keptResults = (open: OpenLedger) =>
  describe('results of unmetered work', () => {
    test('keeps the first result under a key for 24 hours on both nodes', async () => {
      await using it = await open()
      expect(await it.ledger.execute(aFind())).toEqual({ state: 'unused' })
      const first = aKeep()
      const stored = { state: 'completed', attempt: first.attempt, result: '"first"' }
      expect(await it.ledger.execute(first)).toEqual({ state: 'kept' })
      // Run the command twice, as the batcher does if the outcome of a COMMIT is unknown.
      expect(await it.ledger.execute(first)).toEqual({ state: 'kept' })
      expect(await it.other.execute(aKeep({ result: '"second"' }))).toEqual(stored)
      expect(await it.other.execute(aFind())).toEqual(stored)
      it.advance(24 * 3_600_000)
      expect(await it.other.execute(aFind())).toEqual({ state: 'unused' })
    })

    test('keeps only one of ten concurrent results', async () => {
      await using it = await open()
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 ? it.ledger : it.other).execute(aKeep())),
      )
      expect(answers.filter(({ state }) => state === 'kept')).toHaveLength(1)
    })

    test('keeps a result even if later results exceed the customer’s budget', async () => {
      await using it = await open({ resultBytesPerCustomer: 30 })
      await fetched(it.ledger, units(10))
      const kept = aKeep({ result: `"${'k'.repeat(20)}"` })
      expect(await it.ledger.execute(kept)).toEqual({ state: 'kept' })
      for (const key of ['a', 'b']) {
        it.advance(1)
        const reserve = aReserve({ key })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result: `"${key.repeat(20)}"` }))
      }
      expect(await it.other.execute(aFind())).toMatchObject({ result: kept.result })
      expect(await it.other.execute(aReserve({ key: 'b' }))).toMatchObject({ result: `"${'b'.repeat(20)}"` })
    })

    test('replaces only the result of the named attempt', async () => {
      await using it = await open()
      const [first, second, third] = [aKeep(), aKeep({ result: '"second"' }), aKeep({ result: '"third"' })]
      await it.ledger.execute(first)
      const replaces = first.attempt
      expect(await it.ledger.execute({ ...second, replaces })).toEqual({ state: 'kept' })
      expect(await it.other.execute({ ...third, replaces })).toEqual({
        state: 'completed',
        attempt: second.attempt,
        result: '"second"',
      })
    })

    test('rejects a different input under a key', async () => {
      await using it = await open()
      const other = { fingerprint: 'b'.repeat(64) }
      await it.ledger.execute(aKeep())
      expect(await it.other.execute(aFind(other))).toEqual({ state: 'keyReused' })
      expect(await it.other.execute(aKeep(other))).toEqual({ state: 'keyReused' })
    })

    test('scopes a key to its customer and procedure', async () => {
      await using it = await open()
      await it.ledger.execute(aKeep())
      for (const scope of [{ customer: 'bob' }, { procedure: 'another' }]) {
        expect(await it.other.execute(aFind(scope))).toEqual({ state: 'unused' })
      }
    })
  })
