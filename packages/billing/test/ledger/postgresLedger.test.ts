import { Pool } from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
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
})
