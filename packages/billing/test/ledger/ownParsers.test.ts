import pg, { Pool, type PoolConfig } from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { createDatabase } from './postgres.ts'

async function runsCalls(pool: Pool) {
  await using ledger = postgresLedger(pool)
  await fetched(ledger, units(100))
  const calls = Array.from({ length: 48 }, async () => {
    const reserve = aReserve()
    expect(await ledger.execute(reserve)).toMatchObject({ state: 'held' })
    expect(await ledger.execute(settleOf(reserve))).toMatchObject({ state: 'settled' })
  })
  await Promise.all(calls)
  expect(await ledger.balances('ada')).toMatchObject({
    balances: [{ meter: 'generations', available: 52, held: 0, used: 48 }],
  })
  const { charges } = await ledger.charges({ customer: 'ada', limit: 100, cursor: null })
  expect(charges).toHaveLength(48)
  expect(await ledger.usage({ customer: 'ada', days: 1 })).toMatchObject([{ amount: 48 }])
  expect(await ledger.health()).toMatchObject({ waiting: 48 })
}

describe('with the app’s own parsers', () => {
  const { builtins } = pg.types
  const types = [builtins.BOOL, builtins.INT4, builtins.INT8, builtins.JSON, builtins.JSONB, builtins.TEXT]
  const parsers = types.map((type) => [type, pg.types.getTypeParser(type)] as const)
  afterEach(() => {
    for (const [type, parser] of parsers) pg.types.setTypeParser(type, parser)
  })

  const modes = [{}, { binary: true }, { pipeline: true }]
  test.each(modes)("reads the ledger's rows correctly if the pool has the options %j", async (mode) => {
    for (const type of types) pg.types.setTypeParser(type, (text) => `the app’s ${text}`)
    // This type is needed because `PoolConfig` doesn't declare the options `binary` and `pipeline`.
    const options: PoolConfig & typeof mode = { connectionString: await createDatabase(), ...mode }
    const pool = new Pool(options)
    await runsCalls(pool)
    await pool.end()
  })

  test("reads the ledger's rows correctly if the app sets parsers on the pool", async () => {
    const app = { getTypeParser: () => (text: string) => `the app’s ${text}` }
    // The cast is needed because the declared type has overloads that the app's parsers don't implement.
    const types = app as unknown as typeof pg.types
    const pool = new Pool({ connectionString: await createDatabase(), types })
    await runsCalls(pool)
    await pool.end()
  })
})
