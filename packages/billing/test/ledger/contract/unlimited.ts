import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aLeg, aReserve, aSnapshot, aTakeLease, fetched, settleOf } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

const unlimitedBy = { generations: 'unlimited' }
const plan = (available: number, periodStart: number, features: string[] = []): Snapshot =>
  aSnapshot({ periodStart, features, meters: { generations: { available, granted: 10 } } })

const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

async function deliverAll(ledger: Ledger) {
  const lease = aTakeLease({ purpose: 'deliver' })
  const taken = await ledger.execute(lease)
  if (taken.state !== 'taken') throw new Error('busy')
  const events = taken.events.map(({ attempt, meter }) => ({ attempt, meter, priceId: null }))
  await ledger.execute({ type: 'acknowledge', customer: 'ada', events })
  await ledger.execute({ type: 'leaveLease', customer: 'ada', token: lease.token, untaken: [] })
}

export const unlimited = (open: OpenLedger) =>
  describe('when unlimited has ended, nobody is locked out for what was unlimited', () => {
    test('in a new period the plan’s grants can be spent', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1, ['unlimited']), { unlimitedBy })
      const reserve = aReserve({ legs: [aLeg({ amount: 500, unlimitedBy: 'unlimited' })] })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve))
      await deliverAll(it.ledger)
      await fetched(it.ledger, plan(-480, 2), { unlimitedBy })
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
      await fetched(it.ledger, plan(-480, 2), { unlimitedBy })
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('within the period the balance starts from zero, also with usage still to deliver', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1, ['unlimited']), { unlimitedBy })
      const reserve = aReserve({ legs: [aLeg({ amount: 500, unlimitedBy: 'unlimited' })] })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve))
      await fetched(it.ledger, plan(10, 1), { unlimitedBy })
      expect(await balance(it.ledger)).toMatchObject({ available: 0, used: 500, limit: 500 })
      await deliverAll(it.ledger)
      await fetched(it.ledger, plan(-490, 1), { unlimitedBy })
      expect(await balance(it.ledger)).toMatchObject({ available: 0 })
    })

    test('a hold reserved while unlimited and settled later does not count against the new balance', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1, ['unlimited']), { unlimitedBy })
      const reserve = aReserve({ legs: [aLeg({ amount: 500, unlimitedBy: 'unlimited' })] })
      await it.ledger.execute(reserve)
      await fetched(it.ledger, plan(20, 2), { unlimitedBy })
      await it.ledger.execute(settleOf(reserve, { amount: 700 }))
      expect(await balance(it.ledger)).toMatchObject({ available: 20, held: 0 })
      await deliverAll(it.ledger)
      await fetched(it.ledger, plan(-680, 2), { unlimitedBy })
      expect(await balance(it.ledger)).toMatchObject({ available: 20, held: 0 })
    })
  })

export const limits = (open: OpenLedger) =>
  describe('limit and used', () => {
    test('on first sight what is missing from the plan’s grants counts as used', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(4, 1))
      expect(await balance(it.ledger)).toMatchObject({ available: 4, used: 6, limit: 10 })
    })

    test('a top-up raises the limit; a new period starts anew', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1))
      const reserve = aReserve({ legs: [aLeg({ amount: 3 })] })
      await it.ledger.execute(reserve)
      await it.ledger.execute(settleOf(reserve))
      await fetched(it.ledger, plan(60, 1))
      expect(await balance(it.ledger)).toMatchObject({ available: 57, used: 3, limit: 60 })
      await deliverAll(it.ledger)
      await fetched(it.ledger, plan(57, 1))
      expect(await balance(it.ledger)).toMatchObject({ available: 57, used: 3, limit: 60 })
      await fetched(it.ledger, plan(10, 2))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0, limit: 10 })
    })

    test('usage not yet delivered and holds still open at a renewal reduce the new period', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1))
      const settled = aReserve({ legs: [aLeg({ amount: 3 })] })
      await it.ledger.execute(settled)
      await it.ledger.execute(settleOf(settled))
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 2 })] }))
      await fetched(it.ledger, plan(10, 2))
      expect(await balance(it.ledger)).toMatchObject({ available: 5, held: 2, used: 3, limit: 10 })
    })
  })
