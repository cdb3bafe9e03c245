import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/ledger/commands.ts'
import { InvalidCommandError } from '../../../src/ledger/errors.ts'
import { aLeg, aReserve, aSettle, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

const settleLeg = { meter: 'generations', price: { usageMeterSlug: 'generations' }, flagged: null }

const malformed: [string, Command][] = [
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31].map((amount): [string, Command] => [
    `a hold of ${amount}`,
    aReserve({ legs: [aLeg({ amount })] }),
  ]),
  ...[-1, 0.5, Number.NaN, 2 ** 31].map((amount): [string, Command] => [
    `a settle of ${amount}`,
    aSettle({ legs: [{ ...settleLeg, amount }] }),
  ]),
  ['a 10 MB key', aReserve({ key: 'k'.repeat(10_000_000) })],
  ['a key with a comma', aReserve({ key: 'a,b' })],
  ['a key with NUL', aReserve({ key: 'a\0b' })],
  ['an empty key', aReserve({ key: '', fingerprint: 'a'.repeat(64) })],
  ['a key without a fingerprint', aReserve({ key: 'k', fingerprint: null })],
  ['a customer with NUL', aReserve({ customer: 'a\0' })],
  ['a customer ID with a lone surrogate', aReserve({ customer: 'a\ud800' })],
  ['a reserve without legs', aReserve({ legs: [] })],
  ['two legs for one meter', aReserve({ legs: [aLeg(), aLeg()] })],
  ['a time to live of 0', aReserve({ ttlMs: 0 })],
]

export const badInput = (open: OpenLedger) =>
  describe('bad input', () => {
    test.each(malformed)('rejects %s without affecting the other commands', async (_, bad) => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const answers = await Promise.allSettled([
        it.ledger.execute(aReserve()),
        it.ledger.execute(bad),
        it.ledger.execute(aReserve()),
      ])
      expect(answers).toMatchObject([
        { status: 'fulfilled', value: { state: 'held' } },
        { status: 'rejected', reason: expect.any(InvalidCommandError) },
        { status: 'fulfilled', value: { state: 'held' } },
      ])
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 8, held: 2, used: 0 }])
    })

    test('lists the charges from the newest if the cursor is invalid', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve()
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve))
      for (const content of ['nonsense', '[1,"a\\u0000",""]', '[1e300,"",""]', '[1,"",""]x']) {
        const cursor = Buffer.from(content).toString('base64url')
        const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor })
        expect(charges, content).toHaveLength(1)
      }
    })

    test('books a charge even if its reference or properties cannot be stored', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve()
      await it.ledger.execute(reserve)
      await it.ledger.execute(
        settleOf(reserve, { reference: 'a\0\ud800'.padEnd(5000, 'x'), properties: { 'a\0': 1, b: 'c\0' } }),
      )
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges).toMatchObject([{ amount: 1, reference: expect.stringMatching(/^a\ufffdx+$/) }])
    })
  })
