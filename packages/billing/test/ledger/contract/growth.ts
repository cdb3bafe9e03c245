import { describe, expect, test } from 'vitest'
import { aLeg, aReserve, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { deliver } from './steps.ts'

const day = 24 * 3_600_000

export const growth = (open: OpenLedger) =>
  describe('growth', () => {
    test('prunes expired rows in small steps without changing the balances', async () => {
      await using it = await open({ pruneRows: 2 })
      await fetched(it.ledger, units(10))
      for (const key of ['a', 'b', 'c']) {
        const reserve = aReserve({ key })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result: '"r"' }))
      }
      await deliver(it.ledger, 2)
      expect(await it.ledger.prune()).toBe(false)

      it.advance(91 * day)
      await fetched(it.ledger, units(8, 10))
      const before = await it.ledger.balances('ada')
      expect(before.balances).toMatchObject([{ available: 7, used: 3, limit: 10 }])
      let steps = 0
      while (await it.ledger.prune()) steps += 1
      expect(steps).toBeGreaterThan(0)
      expect((await it.ledger.balances('ada')).balances).toEqual(before.balances)
      expect(await it.other.execute(aReserve({ key: 'a' }))).toMatchObject({ state: 'held' })

      // Pruning keeps the undelivered event and the daily totals.
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
      expect(charges).toMatchObject([{ state: 'waiting' }])
      expect(await it.ledger.usage({ customer: 'ada', days: 100 })).toMatchObject([{ amount: 3 }])
      expect(await it.ledger.usage({ customer: 'ada', days: 10 })).toEqual([])
    })

    test('keeps an expired hold as long as its key so that charged work does not run again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const legs = [aLeg({ onExpiry: 'settle' })]
      await it.ledger.execute(aReserve({ key: 'k', legs, ttlMs: 1000 }))
      it.advance(1000)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      it.advance(day - 1)
      await it.ledger.prune()
      expect(await it.other.execute(aReserve({ key: 'k', legs }))).toEqual({
        state: 'completed',
        result: null,
      })
    })

    test('frees the customer’s result budget when it prunes results', async () => {
      await using it = await open({ resultBytesPerCustomer: 20 })
      await fetched(it.ledger, units(10))
      const store = async (key: string) => {
        const reserve = aReserve({ key })
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve, { result: `"${key.repeat(10)}"` }))
      }
      await store('a')
      it.advance(2 * day)
      await fetched(it.ledger, units(9, 10))
      while (await it.ledger.prune());
      await store('b')
      expect(await it.ledger.execute(aReserve({ key: 'b' }))).toMatchObject({ result: '"bbbbbbbbbb"' })
    })

    test('returns charges in pages, newest first', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempts: string[] = []
      for (let count = 0; count < 5; count += 1) {
        const reserve = aReserve()
        await it.ledger.execute(reserve)
        await it.ledger.execute(settleOf(reserve))
        attempts.unshift(reserve.attempt)
        it.advance(10)
      }
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page = await it.ledger.charges({ customer: 'ada', limit: 2, cursor })
        seen.push(...page.charges.map((charge) => charge.transactionId))
        cursor = page.cursor
      } while (cursor !== null)
      expect(seen).toEqual(attempts)
    })
  })
