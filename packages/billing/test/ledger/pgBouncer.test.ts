import { initTRPC } from '@trpc/server'
import { Pool } from 'pg'
import { noPgBouncer, type PgBouncerSettings, startPgBouncer } from 'test-postgres/pgbouncer'
import { beforeEach, describe, expect, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aUser, type Stack, startStack, type User } from '../flowglad/startStack.ts'
import { aReserve, fetched, units } from './builders.ts'
import { createDatabase, query } from './postgres.ts'
import { deliveredTo, startCallers } from './startCallers.ts'

beforeEach(({ skip }) => skip(noPgBouncer !== null, noPgBouncer ?? ''))

/**
 * The nodes have up to 8 connections to PgBouncer, which has 3 to PostgreSQL. Successive transactions use different
 * connections.
 */
const transactionMode = {
  pool_mode: 'transaction',
  default_pool_size: 3,
  server_round_robin: 1,
} as const satisfies PgBouncerSettings

/** Starts PgBouncer in front of an empty database, and two nodes that open the ledger through it at the same time. */
async function startNodes(settings: PgBouncerSettings) {
  const database = await createDatabase()
  const bouncer = await startPgBouncer(database, settings)
  let connections = 0
  const aPool = () =>
    new Pool({ connectionString: bouncer.address, max: 4 }).on('connect', () => {
      connections += 1
    })
  const [first, second] = [aPool(), aPool()]
  const one = await startStack({ ledger: postgresLedger(first), started: false })
  const two = await startStack({ ledger: postgresLedger(second), started: false, beside: one })
  await Promise.all([one.billing.start(), two.billing.start()])
  return {
    database,
    bouncer,
    one,
    two,
    /** The number of connections that the nodes have opened. A node replaces a connection after an error. */
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const part of [two, one]) await part[Symbol.asyncDispose]()
      for (const pool of [first, second]) await pool.end()
      await bouncer[Symbol.asyncDispose]()
    },
  }
}

/** Returns a caller of one metered procedure. */
function callerOn({ billing }: Stack) {
  const t = initTRPC.context<{ user: User }>().create()
  const meteredProcedure = billing.trpc.meteredProcedure(t.procedure)
  return t.createCallerFactory(t.router({ write: meteredProcedure('tokens').mutation(() => 'written') }))
}

describe('behind PgBouncer in transaction mode', () => {
  test.each<Partial<PgBouncerSettings>>([
    {},
    { server_reset_query: 'DISCARD ALL', server_reset_query_always: 1 },
  ])('bills each of many concurrent calls on two nodes exactly once (%j)', async (settings) => {
    await using nodes = await startNodes({ ...transactionMode, ...settings })
    const { one, two, database } = nodes
    const callers = [callerOn(one), callerOn(two)]
    const users = ['ada', 'bob', 'cleo'].map(aUser)
    const calls = Array.from({ length: 48 }, (_, index) =>
      callers[index % 2]?.({ user: users[index % users.length] ?? aUser() }).write(),
    )
    expect(await Promise.all(calls)).toEqual(calls.map(() => 'written'))
    await expect.poll(() => one.billing.drain()).toBe(true)
    const booked = await query(database, 'SELECT attempt FROM metered.event')
    expect(booked).toHaveLength(48)
    expect(await deliveredTo(one)).toEqual(expect.arrayContaining(booked.map(({ attempt }) => attempt)))
    expect(await deliveredTo(one)).toHaveLength(48)
    for (const { id } of users) {
      const { balances } = await two.ledger.balances(id)
      expect(balances.find(({ meter }) => meter === 'tokens')).toMatchObject({ held: 0, used: 16 })
    }
    const sessions = await query(
      database,
      'SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    expect(sessions.length).toBeLessThanOrEqual(transactionMode.default_pool_size)
    expect(nodes.connections()).toBeLessThanOrEqual(8)
  })

  test('returns the units of a call whose node dies', async () => {
    await using nodes = await startNodes(transactionMode)
    const { ledger } = nodes.one
    await fetched(ledger, units(10))
    expect(await ledger.execute(aReserve({ ttlMs: 1 }))).toMatchObject({ state: 'held' })
    await expect
      .poll(async () => (await ledger.balances('ada')).balances)
      .toMatchObject([{ available: 10, held: 0 }])
  })

  test.each(['stop', 'kill'] as const)(
    'bills every successful call once when PgBouncer restarts during calls (%s)',
    async (how) => {
      await using nodes = await startNodes(transactionMode)
      const { one, two, database, bouncer } = nodes
      const callers = startCallers([one, two])
      for (let restarts = 0; restarts < 3; restarts += 1) {
        await callers.expectMore(30)
        await bouncer[how]()
        await bouncer.start()
      }
      await callers.expectMore(30)
      await callers.stop()
      await expect.poll(() => one.billing.drain()).toBe(true)
      const answered = callers.answered.toSorted()
      expect((await deliveredTo(one)).toSorted()).toEqual(answered)
      const booked = await query(database, 'SELECT attempt FROM metered.event')
      expect(booked.map(({ attempt }) => attempt).toSorted()).toEqual(answered)
      for (const user of callers.users)
        expect((await two.ledger.balances(user)).balances).toMatchObject([{}, {}, { held: 0 }])
    },
  )
})

test('works behind PgBouncer in session mode', async () => {
  await using nodes = await startNodes({ pool_mode: 'session' })
  expect(await callerOn(nodes.one)({ user: aUser() }).write()).toBe('written')
})

test('names the setting to change if PgBouncer is in statement mode', async () => {
  await using bouncer = await startPgBouncer(await createDatabase(), { pool_mode: 'statement' })
  await using ledger = postgresLedger(bouncer.address)
  await expect(ledger.execute(aReserve())).rejects.toMatchObject({
    reason: 'cannotOpen',
    message: expect.stringContaining('Set its pool mode to transaction or session (pool_mode in PgBouncer).'),
  })
})
