import { Pool } from 'pg'
import { afterAll, beforeAll } from 'vitest'
import {
  type PostgresLedgerOptions,
  postgresLedger,
} from '../../../src/ledger/stores/postgres/postgresLedger.ts'
import { deleteRows } from '../postgres.ts'
import { testClock } from '../testClock.ts'
import { ledgerContract } from './ledgerContract.ts'

/** Runs the contract on two nodes that share a database. `prepare` returns the database's address. */
export function postgresContract(
  prepare: () => Promise<string>,
  given: Pick<PostgresLedgerOptions, 'batchBy'> = {},
): void {
  let pools: Pool[] = []
  beforeAll(async () => {
    const connectionString = await prepare()
    pools = [1, 2].map(() => new Pool({ connectionString, max: 4 }))
  })
  afterAll(() => Promise.all(pools.map((pool) => pool.end())))

  ledgerContract(async (options) => {
    const clock = testClock()
    const [ledger, other] = pools.map((pool) => postgresLedger(pool, { ...given, ...options, clock }))
    if (!ledger || !other) throw new Error('Expected two pools')
    return {
      ledger,
      other,
      advance: (ms) => clock.advance(ms),
      async [Symbol.asyncDispose]() {
        await ledger.close()
        await other.close()
        if (pools[0]) await deleteRows(pools[0])
      },
    }
  })
}
