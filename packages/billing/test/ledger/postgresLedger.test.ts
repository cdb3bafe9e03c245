import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { ledgerDefaults } from '../../src/ledger/ledgerOptions.ts'
import { createClockWatch } from '../../src/ledger/stores/clockWatch.ts'
import { createReads } from '../../src/ledger/stores/postgres/createReads.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { isTransient } from '../../src/ledger/stores/postgres/transaction.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { postgresContract } from './contract/postgresContract.ts'
import { createDatabase, query } from './postgres.ts'

describe('PostgreSQL', () => {
  postgresContract(createDatabase)

  test('drops the connection of a read that gets no response before its deadline', async () => {
    const pool = new Pool({ connectionString: await createDatabase() })
    await using ledger = postgresLedger(pool)
    await fetched(ledger, units(10))
    const silent = await pool.connect()
    await silent.query('BEGIN; LOCK TABLE metered.customer IN ACCESS EXCLUSIVE MODE')
    const reads = createReads(pool, () => null, {
      watch: createClockWatch(),
      deadlineMs: 100,
      retention: ledgerDefaults,
    })
    const error = await reads.readCustomer('ada').catch((reason: unknown) => reason)
    expect(isTransient(error)).toBe(true)
    await silent.query('ROLLBACK')
    silent.release()
    await expect
      .poll(() => reads.readCustomer('ada').catch(() => null))
      .toMatchObject({ row: expect.anything() })
    await pool.end()
  })

  test('finds a settle’s event without reading the customer’s history', async () => {
    const database = await createDatabase()
    const pool = new Pool({ connectionString: database })
    {
      await using ledger = postgresLedger(pool)
      // The other node doesn't know the holds, so it looks up the attempts' events.
      await using other = postgresLedger(pool)
      await fetched(ledger, units(10))
      for (let count = 0; count < 3; count += 1) {
        const reserve = aReserve()
        await ledger.execute(reserve)
        await other.execute(settleOf(reserve))
      }
    }
    // End the connections, because PostgreSQL updates its statistics only then.
    await pool.end()
    const scans = (index: string) =>
      query(database, `SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '${index}'`)
    await expect.poll(() => scans('event_pkey')).not.toEqual([{ idx_scan: '0' }])
    expect(await scans('event_charges')).toEqual([{ idx_scan: '0' }])
  })
})
