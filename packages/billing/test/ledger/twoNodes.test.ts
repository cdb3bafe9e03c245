import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aLeg, aReserve, fetched, settleOf, units } from './builders.ts'
import { startPostgres } from './postgres.ts'
import { openAt } from './processes/openAt.ts'

let server: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

async function query(address: string, sql: string) {
  const client = new Client({ connectionString: address })
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}

describe('two nodes, one PostgreSQL', () => {
  test('with 500 units left and 400 concurrent calls of 2, exactly 250 succeed', async () => {
    const address = await server.createDatabase()
    await using one = openAt(address)
    await using two = openAt(address)
    await fetched(one.ledger, units(500))
    const states = await Promise.all(
      Array.from({ length: 400 }, async (_, index) => {
        const { ledger } = index % 2 ? one : two
        const reserve = aReserve({ legs: [aLeg({ amount: 2 })] })
        const { state } = await ledger.execute(reserve)
        if (state === 'held') await ledger.execute(settleOf(reserve))
        return state
      }),
    )
    expect(states.filter((state) => state === 'held')).toHaveLength(250)
    expect(states.filter((state) => state === 'short')).toHaveLength(150)
    expect((await two.ledger.balances('ada')).balances).toEqual([
      { meter: 'generations', available: 0, held: 0, used: 500, limit: 500, parked: 0 },
    ])
  })

  test('many overlapping accounts: no deadlock, none oversold, none refused while it has units', async () => {
    const address = await server.createDatabase()
    // Small batches: many transactions that each lock several customers.
    await using one = openAt(address, undefined, { batchCommands: 6 })
    await using two = openAt(address, undefined, { batchCommands: 6 })
    const customers = Array.from({ length: 30 }, (_, index) => `customer-${index}`)
    // First met by both at once, in opposite orders: also inserting them must not end in a ring.
    await Promise.all([
      ...customers.map((customer) => fetched(one.ledger, units(40), { customer })),
      ...customers.toReversed().map((customer) => two.ledger.execute(aReserve({ customer }))),
    ])
    await Promise.all(customers.map((customer) => two.ledger.execute({ type: 'expire', customer })))
    const spend = async (turn: number) => {
      const { ledger } = turn % 2 ? one : two
      const customer = customers[(turn * (turn % 2 ? 7 : 11)) % customers.length] ?? ''
      const reserve = aReserve({ customer })
      const { state } = await ledger.execute(reserve)
      if (state === 'held') await ledger.execute(settleOf(reserve))
      return state
    }
    const before = (await one.ledger.balances('customer-0')).balances[0]?.available ?? 0
    expect(before).toBeGreaterThan(0)
    const states = await Promise.all(Array.from({ length: 30 * 30 }, (_, turn) => spend(turn)))
    expect(new Set(states)).toEqual(new Set(['held']))
    const [row] = await query(
      address,
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(row).toEqual({ deadlocks: 0 })
  })

  test('customers are locked in one order: who waits for the first holds none of the others', async () => {
    const address = await server.createDatabase()
    await using one = openAt(address)
    const customers = ['e', 'd', 'c', 'b', 'a']
    await Promise.all(customers.map((customer) => fetched(one.ledger, units(10), { customer })))
    const other = new Client({ connectionString: address })
    await other.connect()
    await other.query(`BEGIN; SELECT FROM metered.customer WHERE customer = 'a' FOR UPDATE`)
    const answers = Promise.all(customers.map((customer) => one.ledger.execute(aReserve({ customer }))))
    await expect
      .poll(() => query(address, `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`))
      .toHaveLength(1)
    const { rowCount } = await other.query('SELECT FROM metered.customer ORDER BY customer FOR UPDATE NOWAIT')
    expect(rowCount).toBe(5)
    await other.query('ROLLBACK')
    await other.end()
    expect((await answers).map((answer) => answer.state)).toEqual(customers.map(() => 'held'))
  })

  test('migrations run from any number of nodes at once', async () => {
    const address = await server.createDatabase()
    const nodes = Array.from({ length: 6 }, () => openAt(address))
    const answers = await Promise.all(nodes.map(({ ledger }) => ledger.execute(aReserve())))
    expect(new Set(answers.map((answer) => answer.state))).toEqual(new Set(['needsSnapshot']))
    for (const node of nodes) await node[Symbol.asyncDispose]()
  })

  test('connections cut at any moment, also around COMMIT: every call is answered and booked once', async () => {
    const address = await server.createDatabase()
    await using one = openAt(address)
    await fetched(one.ledger, units(10_000))
    const cutter = new Client({ connectionString: address })
    await cutter.connect()
    let working = true
    let cuts = 0
    const cutting = (async () => {
      while (working) {
        const { rowCount } = await cutter.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.02`,
        )
        cuts += rowCount ?? 0
      }
    })()
    const attempts: string[] = []
    while (cuts < 30) {
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const reserve = aReserve()
          expect(await one.ledger.execute(reserve)).toMatchObject({ state: 'held' })
          expect(await one.ledger.execute(settleOf(reserve))).toEqual({ state: 'settled' })
          attempts.push(reserve.attempt)
        }),
      )
    }
    working = false
    await cutting
    await cutter.end()
    const rows = await query(address, 'SELECT attempt FROM metered.event')
    expect(rows.map((row) => row.attempt).sort()).toEqual(attempts.sort())
    await expect
      .poll(async () => (await one.ledger.balances('ada').catch(() => null))?.balances)
      .toMatchObject([{ available: 10_000 - attempts.length, held: 0 }])
  })

  test('a store out of reach is told as such, for commands and for reads', async () => {
    const pool = new Pool({ connectionString: 'postgres://nobody:x@127.0.0.1:1/nowhere' })
    await using ledger = postgresLedger(pool, { outOfReachAfterMs: 50 })
    await expect(ledger.execute(aReserve())).rejects.toThrow(LedgerUnavailableError)
    await expect(ledger.balances('ada')).rejects.toThrow(LedgerUnavailableError)
    await pool.end()
  })
})
