import { Pool } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve, fetched, units } from './builders.ts'
import { createDatabase, query } from './postgres.ts'

const cannotWrite = { reason: 'cannotWrite', message: expect.stringContaining('is read-only') }

/** Creates a database that the test can make read-only for new sessions, as an administrator would. */
async function aDatabase() {
  const address = await createDatabase()
  const name = new URL(address).pathname.slice(1)
  const setReadOnly = (value: 'on' | 'off') =>
    query(inject('postgres'), `ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`)
  // The pool has one connection, so every command uses the session that was opened read-only.
  const open = () => {
    const pool = new Pool({ connectionString: address, max: 1 })
    onTestFinished(() => pool.end())
    return postgresLedger(pool, { cannotWriteAfterMs: 20 })
  }
  return { open, setReadOnly }
}

test('recovers automatically if PostgreSQL was read-only at startup', async () => {
  const { open, setReadOnly } = await aDatabase()
  await using first = open()
  await fetched(first, units(10))
  await setReadOnly('on')
  await using ledger = open()
  expect(await ledger.balances('ada')).toMatchObject({ balances: [{ available: 10 }] })
  await expect(ledger.execute(aReserve())).rejects.toMatchObject(cannotWrite)
  await setReadOnly('off')
  expect(await ledger.execute(aReserve())).toMatchObject({ state: 'held' })
})

test('creates its tables once an empty, read-only PostgreSQL database becomes writable', async () => {
  const { open, setReadOnly } = await aDatabase()
  await setReadOnly('on')
  await using ledger = open()
  for (const call of [() => ledger.execute(aReserve()), () => ledger.health()]) {
    await expect(call()).rejects.toMatchObject(cannotWrite)
  }
  await setReadOnly('off')
  await fetched(ledger, units(10))
  expect(await ledger.execute(aReserve())).toMatchObject({ state: 'held' })
})
