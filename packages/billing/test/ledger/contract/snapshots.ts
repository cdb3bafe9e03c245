import { describe, expect, test } from 'vitest'
import { anInstall, aReserve, aSnapshot, aTakeLease, fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

export const snapshots = (open: OpenLedger) =>
  describe('snapshots', () => {
    test('asks for a fetch if the snapshot is missing or too old', async () => {
      await using it = await open()
      expect(await it.ledger.execute(aReserve())).toEqual({ state: 'needsSnapshot', reason: 'none' })
      await fetched(it.ledger, units(10))
      it.advance(86_400_001)
      expect(await it.ledger.execute(aReserve({ decisive: true }))).toEqual({
        state: 'needsSnapshot',
        reason: 'stale',
      })
    })

    test('denies a call if the customer has no current subscription', async () => {
      await using it = await open()
      await fetched(it.ledger, { subscription: null, meters: {} })
      expect(await it.ledger.execute(aReserve())).toEqual({
        state: 'noSubscription',
        asOf: expect.any(Number),
      })
      expect(await it.ledger.balances('ada')).toMatchObject({
        snapshot: { subscription: null },
        balances: [],
      })
    })

    test('asks for only one fetch after a period ends', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const asOf = (await it.ledger.balances('ada')).snapshot?.asOf ?? 0
      const old = aSnapshot({ periodStart: asOf - 1000, periodEnd: asOf + 1000 })
      await fetched(it.ledger, old)
      expect(await it.ledger.execute(aReserve())).toMatchObject({ state: 'held', outdated: false })

      // This fetch begins before the period ends and installs its snapshot afterward. The snapshot therefore
      // can't include the new period.
      const early = aTakeLease()
      await it.ledger.execute(early)
      it.advance(1001)
      await it.ledger.execute(anInstall({ token: early.token, snapshot: old }))
      expect(await it.ledger.execute(aReserve())).toEqual({ state: 'needsSnapshot', reason: 'outdated' })
      expect(await it.ledger.execute(aReserve({ decisive: true }))).toMatchObject({
        state: 'held',
        outdated: true,
      })

      // Flowglad still reports the old period. The ledger uses the old period's balance and adds no grants.
      await fetched(it.ledger, old)
      expect(await it.ledger.execute(aReserve())).toMatchObject({ state: 'held', outdated: true })
    })
  })
