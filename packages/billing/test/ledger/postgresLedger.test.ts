import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createReads } from '../../src/ledger/stores/postgres/createReads.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { isTransient } from '../../src/ledger/stores/postgres/transaction.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { ledgerContract } from './contract/ledgerContract.ts'
import { startPostgres } from './postgres.ts'
import { testClock } from './testClock.ts'

describe('PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  let connectionString = ''
  beforeAll(async () => {
    // What is lost with power is not what these tests are about.
    server = await startPostgres(['-c', 'fsync=off'])
    connectionString = await server.createDatabase()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  ledgerContract(async (options) => {
    const clock = testClock()
    const node = () => {
      const pool = new Pool({ connectionString, max: 4 })
      return { pool, ledger: postgresLedger(pool, { ...options, clock }) }
    }
    const nodes = [node(), node()] as const
    return {
      ledger: nodes[0].ledger,
      other: nodes[1].ledger,
      advance: (ms) => clock.advance(ms),
      async [Symbol.asyncDispose]() {
        for (const { ledger } of nodes) await ledger.close()
        await nodes[0].pool.query('DROP SCHEMA metered CASCADE')
        for (const { pool } of nodes) await pool.end()
      },
    }
  })

  test('a read that gets no answer ends at its deadline as out of reach, and its connection is given up', async () => {
    const pool = new Pool({ connectionString: await server.createDatabase() })
    await using ledger = postgresLedger(pool)
    await fetched(ledger, units(10))
    const silent = await pool.connect()
    await silent.query('BEGIN; LOCK TABLE metered.customer IN ACCESS EXCLUSIVE MODE')
    const reads = createReads(
      pool,
      async () => {},
      () => null,
      100,
    )
    const error = await reads.readCustomer('ada').catch((reason: unknown) => reason)
    expect(isTransient(error)).toBe(true)
    await silent.query('ROLLBACK')
    silent.release()
    expect(await reads.readCustomer('ada')).toMatchObject({ row: expect.anything() })
    await pool.end()
  })

  test('a settle finds its event by key and never reads the customer’s history', async () => {
    const database = await server.createDatabase()
    const pool = new Pool({ connectionString: database })
    {
      await using ledger = postgresLedger(pool)
      await fetched(ledger, units(10))
      for (let count = 0; count < 3; count += 1) {
        const reserve = aReserve()
        await ledger.execute(reserve)
        await ledger.execute(settleOf(reserve))
      }
    }
    // A connection hands its statistics in when it ends.
    await pool.end()
    const reader = new Pool({ connectionString: database })
    const scans = async (index: string) =>
      (await reader.query('SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1', [index])).rows
    await expect.poll(() => scans('event_pkey')).not.toEqual([{ idx_scan: '0' }])
    expect(await scans('event_charges')).toEqual([{ idx_scan: '0' }])
    await reader.end()
  })
})
