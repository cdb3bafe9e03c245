import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Pool } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve, fetched, units } from './builders.ts'
import { createDatabase, query } from './postgres.ts'

/** Starts a server that counts connections and closes each one. */
async function aClosingServer() {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  // The server listens on a port, so its address has this type.
  const { port } = server.address() as AddressInfo
  return { port, address: `postgres://app@127.0.0.1:${port}/app`, connections: () => connections }
}

test.each([undefined, ''])('asks for a connection string if the given one is %j', (address) => {
  // Simulates an environment variable that isn't set.
  expect(() => postgresLedger(address as string)).toThrow(
    'postgresLedger needs a connection string or a Pool. The connection string is missing.',
  )
})

test('does not connect before its first use', async () => {
  const { address, port, connections } = await aClosingServer()
  const pool = new Pool({ connectionString: address })
  for (const database of [address, pool]) {
    const ledger = postgresLedger(database, { outOfReachAfterMs: 50 })
    const before = connections()
    await once(connect(port, '127.0.0.1'), 'close')
    // The server accepts connections in order, so it has already counted any earlier connection from the ledger.
    expect(connections()).toBe(before + 1)
    await expect(ledger.balances('ada')).rejects.toThrow(LedgerUnavailableError)
    expect(connections()).toBeGreaterThan(before + 1)
    await ledger.close()
  }
  await pool.end()
})

test('close() ends the pool that the ledger has created for a connection string', async () => {
  const address = await createDatabase()
  const connections = () =>
    query(
      address,
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
  const ledger = postgresLedger(address)
  await fetched(ledger, units(10))
  expect(await ledger.execute(aReserve())).toMatchObject({ state: 'held' })
  expect(await connections()).not.toEqual([])
  await ledger.close()
  // The pool ends idle connections after 10 s, so `close` must end them earlier.
  await expect.poll(connections, { timeout: 8_000 }).toEqual([])
  // An app can close its ledger twice, for example with `close` and `await using`.
  await ledger.close()
})

test('reports why PostgreSQL rejects the connection', async () => {
  const address = new URL(await createDatabase())
  address.pathname = 'missing'
  await using ledger = postgresLedger(address.href)
  const error = {
    reason: 'cannotOpen',
    message: `The ledger ${ledger.address} can't be opened: database "missing" does not exist`,
  }
  await expect(ledger.balances('ada')).rejects.toMatchObject(error)
  await expect(ledger.execute(aReserve())).rejects.toMatchObject(error)
})

test('uses the connection string without its password as the address', () => {
  const addressOf = (database: string) => postgresLedger(database).address
  expect(addressOf('postgres://ada:secret@db.example:5432/app?sslmode=require')).toBe(
    'postgres://ada@db.example:5432/app?sslmode=require',
  )
  expect(addressOf('postgres://ada@db.example/app?password=secret')).toBe('postgres://ada@db.example/app')
  // This string isn't a valid URL, but node-postgres accepts it.
  expect(addressOf('postgres://ada:sec ret%@db.example/app')).toBe('postgres://ada@db.example/app')
})

test('gives the ledger of each pool a unique address', () => {
  const [one, two] = [new Pool(), new Pool()]
  expect(postgresLedger(one).address).toBe(postgresLedger(one).address)
  expect(postgresLedger(one).address).not.toBe(postgresLedger(two).address)
})
