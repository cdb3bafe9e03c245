import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { startStack } from '../flowglad/startStack.ts'
import { query } from './postgres.ts'
import { noReplication, startReplicatedPostgres } from './replicatedPostgres.ts'
import { deliveredTo, startCallers } from './startCallers.ts'

test('bills every successful call once when the primary dies and a synchronous standby replaces it', async ({
  skip,
}) => {
  skip(noReplication !== null, noReplication ?? '')
  await using servers = await startReplicatedPostgres()
  const pools = [1, 2].map(() => new Pool({ connectionString: servers.address, max: 4 }))
  const [first, second] = pools.map((pool) => postgresLedger(pool, { silentAfterMs: 5_500 }))
  if (!first || !second) throw new Error('Expected two pools')
  await using one = await startStack({ ledger: first })
  await using two = await startStack({ ledger: second, beside: one })

  const callers = startCallers([one, two])
  await callers.expectMore(60)
  await servers.primary.kill()
  await servers.promote()
  await callers.expectMore(60)
  await callers.stop()

  await expect.poll(() => one.billing.drain()).toBe(true)
  const answered = callers.answered.toSorted()
  expect((await deliveredTo(one)).toSorted()).toEqual(answered)
  const { address } = servers.standby
  const booked = await query(address, 'SELECT attempt FROM metered.event')
  expect(booked.map(({ attempt }) => attempt).toSorted()).toEqual(answered)
  expect(await query(address, 'SELECT restored_at FROM metered.ledger')).toEqual([{ restored_at: null }])
  for (const user of callers.users) {
    expect((await two.ledger.balances(user)).balances).toMatchObject([{}, {}, { held: 0 }])
  }
  for (const stack of [two, one]) await stack.billing.close()
  for (const pool of pools) await pool.end()
})
