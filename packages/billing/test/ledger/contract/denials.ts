import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import type { DenialCount } from '../../../src/ledger/reads.ts'
import { fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

const hour = 3_600_000

export const aDenial = (denial: Partial<DenialCount> = {}): DenialCount => ({
  customer: 'ada',
  procedure: 'studio.generate',
  code: 'INSUFFICIENT_CREDITS',
  meter: 'generations',
  feature: null,
  count: 1,
  required: 5,
  available: 3,
  firstMsAgo: 0,
  lastMsAgo: 0,
  ...denial,
})

const countsOf = async (ledger: Ledger, customer = 'ada') =>
  (await ledger.denials(customer)).map(({ procedure, count }) => [procedure, count])

export const denials = (open: OpenLedger) =>
  describe('denial counts', () => {
    test('adds up the denials of all nodes but keeps only the last denial’s amounts', async () => {
      await using it = await open()
      await it.ledger.countDenials([aDenial({ count: 2, firstMsAgo: 1_500, lastMsAgo: 1_000 })])
      await it.other.countDenials([aDenial({ count: 3, required: 7, available: 1 })])
      await it.ledger.countDenials([aDenial({ firstMsAgo: 2_000, lastMsAgo: 1_000, required: 9 })])
      const [denied, ...others] = await it.ledger.denials('ada')
      expect(others).toEqual([])
      expect(denied).toEqual({
        procedure: 'studio.generate',
        code: 'INSUFFICIENT_CREDITS',
        meter: 'generations',
        feature: null,
        count: 6,
        required: 7,
        available: 1,
        firstAt: expect.any(Number),
        lastAt: expect.any(Number),
      })
      expect((denied?.lastAt ?? 0) - (denied?.firstAt ?? 0)).toBe(2_000)
    })

    test('counts each customer, procedure, code, meter and feature separately', async () => {
      await using it = await open()
      await it.ledger.countDenials([
        aDenial(),
        aDenial({ meter: 'tokens' }),
        aDenial({ procedure: 'another' }),
        aDenial({
          code: 'FEATURE_NOT_INCLUDED',
          meter: null,
          feature: 'hd',
          required: null,
          available: null,
        }),
        aDenial({
          code: 'FEATURE_NOT_INCLUDED',
          meter: null,
          feature: 'sso',
          required: null,
          available: null,
        }),
        aDenial({ customer: 'bob', code: 'NO_SUBSCRIPTION', meter: null, required: null, available: null }),
      ])
      expect(await it.other.denials('ada')).toHaveLength(5)
      expect(await it.other.denials('bob')).toMatchObject([
        { code: 'NO_SUBSCRIPTION', meter: null, feature: null, required: null, available: null },
      ])
      expect(await it.other.denials('eve')).toEqual([])
    })

    test('returns only the denials in the last day, newest first', async () => {
      await using it = await open({ pruneRows: 1 })
      for (const procedure of ['a', 'b', 'c']) {
        await it.ledger.countDenials([aDenial({ procedure }), aDenial({ procedure: 'always' })])
        it.advance(8 * hour)
      }
      expect(await countsOf(it.ledger)).toEqual([
        ['c', 1],
        ['always', 2],
        ['b', 1],
      ])
      it.advance(8 * hour)
      // A row covers a whole hour, so it is pruned 25 hours after its start.
      while (await it.ledger.prune());
      expect(await countsOf(it.other)).toEqual([
        ['c', 1],
        ['always', 1],
      ])
      it.advance(20 * hour)
      while (await it.other.prune());
      await it.ledger.countDenials([aDenial({ procedure: 'd', lastMsAgo: 20 * hour, firstMsAgo: 20 * hour })])
      expect(await countsOf(it.other)).toEqual([['d', 1]])
    })

    test('counts denials without changing balances or versions', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const before = await it.ledger.balances('ada')
      await it.other.countDenials([aDenial()])
      expect(await it.ledger.balances('ada')).toEqual(before)
      expect(await it.ledger.audit('ada')).toEqual([])
    })
  })
