import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'

test('reserves, settles and remembers the charge', async () => {
  await using ledger = sqliteLedger(':memory:')
  expect(await ledger.execute(aReserve())).toEqual({ state: 'needsSnapshot', reason: 'none' })
  await fetched(ledger, units(10))
  const reserve = aReserve({ key: 'k' })
  expect(await ledger.execute(reserve)).toMatchObject({ state: 'held', subscription: 'sub_1' })
  expect(await ledger.execute(settleOf(reserve, { amount: 3, result: '"done"' }))).toEqual({
    state: 'settled',
  })
  expect(await ledger.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result: '"done"' })
  expect((await ledger.balances('ada')).balances).toEqual([
    { meter: 'generations', available: 7, held: 0, used: 3, limit: 10, parked: 0 },
  ])
})
