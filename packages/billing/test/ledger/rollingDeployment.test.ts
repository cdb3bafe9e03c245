import { Pool } from 'pg'
import { expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { migrations } from '../../src/ledger/stores/postgres/migrations.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { buildEarlierLedger, commitBeforeMigration } from './earlierSource.ts'
import { createDatabase, query } from './postgres.ts'

const commit = commitBeforeMigration()

const customers = ['ada', 'bob', 'cleo', 'dan']

/** Makes calls for all customers until `stop` is called. Each batch locks several customers. */
function startCalls(ledger: Ledger) {
  const answered: string[] = []
  let working = true
  const workers = Promise.all(
    customers.map(async (customer) => {
      while (working) {
        const reserve = aReserve({ customer })
        expect(await ledger.execute(reserve)).toMatchObject({ state: 'held' })
        expect(await ledger.execute(settleOf(reserve))).toMatchObject({ state: 'settled' })
        answered.push(reserve.attempt)
      }
    }),
  )
  const expectMore = async (count: number) => {
    const before = answered.length
    const enough = expect.poll(() => answered.length).toBeGreaterThanOrEqual(before + count)
    // If a call fails, fail the test immediately.
    await Promise.race([enough, workers])
  }
  return {
    answered,
    expectMore,
    async stop() {
      working = false
      await workers
    },
  }
}

test.skipIf(commit === null)(
  'books every call while a new node migrates the ledger that an earlier node uses (needs the repository’s history)',
  async () => {
    using earlier = await buildEarlierLedger(commit ?? '')
    const address = await createDatabase()
    const pools = [1, 2].map(() => new Pool({ connectionString: address, max: 4 }))
    const [oldPool, newPool] = pools
    if (!oldPool || !newPool) throw new Error('Expected two pools')
    const oldNode = earlier.postgresLedger(oldPool)
    for (const customer of customers) await fetched(oldNode, units(1_000_000), { customer })
    const applied = () => query(address, 'SELECT count(*)::int AS count FROM metered.migration')
    expect(await applied()).toEqual([{ count: migrations.length - 1 }])

    const oldCalls = startCalls(oldNode)
    await oldCalls.expectMore(20)
    const newNode = postgresLedger(newPool)
    expect(await newNode.health()).toMatchObject({ parked: 0 })
    expect(await applied()).toEqual([{ count: migrations.length }])
    const newCalls = startCalls(newNode)
    await Promise.all([oldCalls.expectMore(50), newCalls.expectMore(50)])
    // Each node adds a customer that the other node then uses.
    for (const [first, second] of [[oldNode, newNode] as const, [newNode, oldNode] as const]) {
      const customer = `added by ${first === oldNode ? 'the old' : 'the new'} node`
      await fetched(first, units(10), { customer })
      expect(await second.execute(aReserve({ customer, key: 'k' }))).toMatchObject({ state: 'held' })
      expect(await first.execute(aReserve({ customer, key: 'k' }))).toMatchObject({ state: 'inProgress' })
    }
    // The old node stops, as at the end of a deployment.
    await oldCalls.stop()
    await oldNode.close()
    await newCalls.expectMore(20)
    await newCalls.stop()

    const answered = [...oldCalls.answered, ...newCalls.answered]
    const events = await query(address, 'SELECT attempt FROM metered.event')
    expect(events.map(({ attempt }) => attempt).toSorted()).toEqual(answered.toSorted())
    const total = answered.length
    let used = 0
    for (const customer of customers) {
      const { balances } = await newNode.balances(customer)
      expect(balances).toMatchObject([{ held: 0 }])
      used += balances[0]?.used ?? 0
      expect(await newNode.audit(customer)).toEqual([])
    }
    expect(used).toBe(total)
    expect(await newNode.health()).toMatchObject({ waiting: total })
    await newNode.close()
    for (const pool of pools) await pool.end()
  },
)
