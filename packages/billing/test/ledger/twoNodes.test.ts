import { Client, Pool } from 'pg'
import { describe, expect, test, vi } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { bucketOf } from '../../src/ledger/stores/postgres/bucketOf.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aLeg, aReserve, fetched, settleOf, units } from './builders.ts'
import { createDatabase, query } from './postgres.ts'
import { openAt } from './processes/openAt.ts'

/** Waits until the given number of transactions wait for a lock. */
const expectWaiting = (address: string, transactions: number) =>
  expect
    .poll(() =>
      query(
        address,
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      ),
    )
    .toHaveLength(transactions)

async function expectNoDeadlock(address: string) {
  const sql = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()'
  expect(await query(address, sql)).toEqual([{ deadlocks: 0 }])
}

describe('two nodes that share a PostgreSQL database', () => {
  test('allows exactly 250 of 400 concurrent calls of 2 units when 500 units are left', async () => {
    const address = await createDatabase()
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
      { meter: 'generations', available: 0, held: 0, used: 500, limit: 500, adjusted: 0, parked: 0 },
    ])
  })

  test('neither deadlocks nor falsely denies a call when batches lock overlapping customers', async () => {
    const address = await createDatabase()
    // Small batches cause many transactions that each lock several customers.
    await using one = openAt(address, { batchCommands: 6 })
    await using two = openAt(address, { batchCommands: 6 })
    const customers = Array.from({ length: 30 }, (_, index) => `customer-${index}`)
    // Both nodes insert the customers at the same time, in opposite orders. These inserts must not deadlock.
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
    await expectNoDeadlock(address)
  })

  test('locks no other customer while a batch waits for the lock on its first customer', async () => {
    const address = await createDatabase()
    await using one = openAt(address)
    const customers = ['e', 'd', 'c', 'b', 'a']
    await Promise.all(customers.map((customer) => fetched(one.ledger, units(10), { customer })))
    const other = new Client({ connectionString: address })
    await other.connect()
    await other.query(`BEGIN; SELECT FROM metered.customer WHERE customer = 'a' FOR UPDATE`)
    const answers = Promise.all(customers.map((customer) => one.ledger.execute(aReserve({ customer }))))
    await expectWaiting(address, 1)
    const { rowCount } = await other.query('SELECT FROM metered.customer ORDER BY customer FOR UPDATE NOWAIT')
    expect(rowCount).toBe(5)
    await other.query('ROLLBACK')
    await other.end()
    expect((await answers).map((answer) => answer.state)).toEqual(customers.map(() => 'held'))
  })

  test('does not deadlock if another node adds a customer while a batch waits for a lock', async () => {
    const address = await createDatabase()
    await using one = openAt(address)
    await fetched(one.ledger, units(10), { customer: 'b' })
    const [first, second] = [1, 2].map(() => new Client({ connectionString: address }))
    if (!first || !second) throw new Error('Expected two clients')
    await Promise.all([first.connect(), second.connect()])
    const lock = (customer: string) =>
      `SELECT FROM metered.customer WHERE customer = '${customer}' FOR UPDATE`
    await first.query(`BEGIN; ${lock('b')}`)
    const answers = Promise.all(['a', 'b'].map((customer) => one.ledger.execute(aReserve({ customer }))))
    await expectWaiting(address, 1)
    await query(address, `INSERT INTO metered.customer (bucket, customer) VALUES (${bucketOf('a')}, 'a')`)
    await second.query(`BEGIN; ${lock('a')}`)
    const locked = second.query(lock('b'))
    await expectWaiting(address, 2)
    await first.query('ROLLBACK')
    await locked
    await second.query('ROLLBACK')
    await Promise.all([first.end(), second.end()])
    expect((await answers).map((answer) => answer.state)).toEqual(['needsSnapshot', 'held'])
    await expectNoDeadlock(address)
  })

  test('runs calls of other customers while a batch waits for a customer’s lock', async () => {
    const address = await createDatabase()
    await using node = openAt(address)
    const { ledger } = node
    for (const customer of ['ada', 'bob']) await fetched(ledger, units(10), { customer })
    const other = new Client({ connectionString: address })
    await other.connect()
    await other.query(`BEGIN; SELECT FROM metered.customer WHERE customer = 'ada' FOR UPDATE`)
    const locked = ledger.execute(aReserve({ customer: 'ada' }))
    await expectWaiting(address, 1)
    expect(await ledger.execute(aReserve({ customer: 'bob' }))).toMatchObject({ state: 'held' })
    await other.query('ROLLBACK')
    await other.end()
    expect(await locked).toMatchObject({ state: 'held' })
  })

  test('migrates once when six nodes start at the same time', async () => {
    const address = await createDatabase()
    const nodes = Array.from({ length: 6 }, () => openAt(address))
    const answers = await Promise.all(nodes.map(({ ledger }) => ledger.execute(aReserve())))
    expect(new Set(answers.map((answer) => answer.state))).toEqual(new Set(['needsSnapshot']))
    for (const node of nodes) await node[Symbol.asyncDispose]()
  })

  test('books every call once while connections are cut at random moments', async () => {
    const address = await createDatabase()
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

  test('rejects commands and reads with LedgerUnavailableError while the database is unreachable', async () => {
    const pool = new Pool({ connectionString: 'postgres://user:password@127.0.0.1:1/missing' })
    await using ledger = postgresLedger(pool, { outOfReachAfterMs: 50 })
    const committed = vi.fn()
    ledger.onCommit(committed)
    await expect(ledger.execute(aReserve())).rejects.toThrow(LedgerUnavailableError)
    expect(committed).not.toHaveBeenCalled()
    await expect(ledger.balances('ada')).rejects.toThrow(LedgerUnavailableError)
    await pool.end()
  })
})
