import { describe, expect, test } from 'vitest'
import { aReserve, aSettle, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, balance, deliver, spend } from './steps.ts'

/**
 * A node keeps a customer's rows in memory between batches. In most of these tests, another node changes the rows
 * between two batches.
 */
export function knownRows(open: OpenLedger): void {
  describe('rows that a node knows', () => {
    test('counts the units that another node has held and spent since the last batch', async () => {
      await using nodes = await open()
      const { ledger, other } = nodes
      await fetched(ledger, units(3))
      await spend(ledger, 1)
      await other.execute(aReserve())
      await spend(other, 1)
      expect(await ledger.execute(aReserve())).toMatchObject({
        state: 'short',
        legs: [{ available: 0, held: 1 }],
      })
    })

    test('expires another node’s hold when the hold becomes due', async () => {
      await using nodes = await open()
      const { ledger, other, advance } = nodes
      await fetched(ledger, units(1))
      await other.execute(aReserve({ ttlMs: 1_000 }))
      expect(await ledger.execute(aReserve())).toMatchObject({ state: 'short' })
      advance(1_000)
      expect(await ledger.execute(aReserve())).toMatchObject({ state: 'held' })
    })

    test('expires another node’s hold of a customer with the ID `__proto__`', async () => {
      await using nodes = await open()
      const { ledger, other, advance } = nodes
      const customer = '__proto__'
      await fetched(ledger, units(1), { customer })
      await other.execute(aReserve({ customer, ttlMs: 1_000 }))
      expect(await ledger.execute(aReserve({ customer }))).toMatchObject({ state: 'short' })
      advance(1_000)
      expect(await ledger.execute(aReserve({ customer }))).toMatchObject({ state: 'held' })
    })

    test('expires a hold that was already due when the node loaded the rows', async () => {
      await using nodes = await open()
      const { ledger, other, advance } = nodes
      await fetched(other, units(1))
      await other.execute(aReserve({ ttlMs: 1_000 }))
      advance(1_000)
      // A settle loads the customer's rows, but doesn't expire due holds.
      await ledger.execute(aSettle({ legs: [] }))
      expect(await ledger.execute({ type: 'expire', customer: 'ada' })).toEqual({ state: 'swept', ended: 1 })
    })

    test('books an attempt once if it is reserved again after its settle', async () => {
      await using nodes = await open()
      const { ledger } = nodes
      await fetched(ledger, units(10))
      const reserve = aReserve()
      await ledger.execute(reserve)
      await ledger.execute(settleOf(reserve))
      await deliver(ledger)
      await ledger.execute(reserve)
      expect(await ledger.execute(settleOf(reserve))).toEqual({ state: 'settled' })
      expect(await balance(ledger)).toMatchObject({ available: 9, held: 0, used: 1 })
      expect((await ledger.health()).waiting).toBe(0)
    })

    test('returns the expired hold for a repeated reserve even if another node has expired the hold', async () => {
      await using nodes = await open()
      const { ledger, other, advance } = nodes
      await fetched(ledger, units(2))
      const reserve = aReserve({ ttlMs: 1_000 })
      await ledger.execute(reserve)
      advance(1_000)
      await other.execute({ type: 'expire', customer: 'ada' })
      await ledger.execute(aReserve())
      expect(await ledger.execute(reserve)).toMatchObject({ state: 'held', expiresInMs: 0 })
      expect(await balance(ledger)).toMatchObject({ available: 1, held: 1 })
    })

    test('returns the expired hold for a repeated reserve even if another attempt now uses the key', async () => {
      await using nodes = await open()
      const { ledger, advance } = nodes
      await fetched(ledger, units(3))
      const first = aReserve({ key: 'order', ttlMs: 1_000 })
      await ledger.execute(first)
      advance(1_000)
      await ledger.execute(aReserve({ key: 'order' }))
      await ledger.execute(aReserve({ key: 'another-order' }))
      expect(await ledger.execute(first)).toMatchObject({ state: 'held', expiresInMs: 0 })
    })

    test('remembers the balances as of the last commit', async () => {
      await using nodes = await open()
      const { ledger } = nodes
      await fetched(ledger, units(5))
      const since = performance.now()
      const attempt = await spend(ledger, 2)
      expect(ledger.lastCommitted('ada', since)).toEqual(await ledger.balances('ada'))
      await ledger.execute(acknowledgeOf(attempt))
      expect(ledger.lastCommitted('ada', since)).toEqual(await ledger.balances('ada'))
      expect(ledger.lastCommitted('bob', since)).toBeNull()
    })

    test('does not return remembered balances from before a given time', async () => {
      await using nodes = await open()
      const { ledger, other } = nodes
      await fetched(ledger, units(5))
      await spend(other, 2)
      expect(ledger.lastCommitted('ada', performance.now())).toBeNull()
    })

    test('accepts a different input under a key that another node has pruned', async () => {
      await using nodes = await open({ keyRetentionMs: 1_000 })
      const { ledger, other, advance } = nodes
      await fetched(ledger, units(5))
      const keyed = aReserve({ key: 'order', maxHoldMs: 1_000 })
      await ledger.execute(keyed)
      await ledger.execute(settleOf(keyed, { result: '"result"' }))
      advance(3_000)
      await other.prune()
      await spend(ledger, 1)
      expect(await ledger.execute(aReserve({ key: 'order', fingerprint: 'b'.repeat(64) }))).toMatchObject({
        state: 'held',
      })
    })
  })
}
