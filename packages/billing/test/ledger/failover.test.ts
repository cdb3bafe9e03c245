import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { BillingError } from '../../src/index.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'
import { query } from './postgres.ts'
import { noReplication, startReplicatedPostgres } from './replicatedPostgres.ts'

/** Reads the IDs of all usage events at Flowglad. */
async function deliveredTo({ atFlowglad }: Stack): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: { data: { transactionId: string }[]; nextCursor: string | null } = await atFlowglad.sdk.get(
      '/api/v1/usage-events',
      { query: { limit: 100, ...(cursor ? { cursor } : {}) } },
    )
    ids.push(...page.data.map(({ transactionId }) => transactionId))
    cursor = page.nextCursor
  } while (cursor)
  return ids
}

test('bills every answered call once when the primary dies and a synchronous standby replaces it', async ({
  skip,
}) => {
  skip(noReplication !== null, noReplication ?? '')
  await using servers = await startReplicatedPostgres()
  const pools = [1, 2].map(() => new Pool({ connectionString: servers.address, max: 4 }))
  const [first, second] = pools.map((pool) => postgresLedger(pool, { silentAfterMs: 5_500 }))
  if (!first || !second) throw new Error('Expected two pools')
  await using one = await startStack({ ledger: first })
  await using two = await startStack({ ledger: second, beside: one })

  const answered: string[] = []
  let working = true
  /** Makes one call after another. After a failure, retries with the same key, as a client does. */
  async function work({ billing }: Stack, user: string) {
    for (let call = 0; working; call += 1) {
      for (let isAnswered = false; !isAnswered && working; ) {
        try {
          const id = await billing.meter(
            { customer: aUser(user), meter: 'tokens', key: `${user}-${call}` },
            ({ attempt }) => attempt,
          )
          answered.push(id)
          isAnswered = true
        } catch (error) {
          if (!(error instanceof BillingError)) throw error
          expect(error.denial.code).toMatch(/BILLING_UNAVAILABLE|IN_PROGRESS/)
        }
      }
    }
  }
  const users = ['ada', 'bob', 'cleo', 'dan', 'eve', 'finn']
  const workers = Promise.all(users.map((user, index) => work(index % 2 ? one : two, user)))
  const expectAnswers = (count: number) => expect.poll(() => answered.length).toBeGreaterThanOrEqual(count)
  await expectAnswers(60)
  await servers.primary.kill()
  const before = answered.length
  await servers.promote()
  await expectAnswers(before + 60)
  working = false
  await workers

  await expect.poll(() => one.billing.drain()).toBe(true)
  const delivered = await deliveredTo(one)
  expect(new Set(delivered).size).toBe(delivered.length)
  expect(delivered.toSorted()).toEqual(answered.toSorted())
  const { address } = servers.standby
  const booked = await query(address, 'SELECT attempt FROM metered.event')
  expect(booked.map(({ attempt }) => attempt).toSorted()).toEqual(answered.toSorted())
  expect(await query(address, 'SELECT restored_at FROM metered.ledger')).toEqual([{ restored_at: null }])
  for (const user of users) {
    expect((await two.ledger.balances(user)).balances).toMatchObject([{}, {}, { held: 0 }])
  }
  for (const stack of [two, one]) await stack.billing.close()
  for (const pool of pools) await pool.end()
})
