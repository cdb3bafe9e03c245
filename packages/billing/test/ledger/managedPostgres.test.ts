import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Pool } from 'pg'
import { type Postgres, startPostgres } from 'test-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { createDatabase, query } from './postgres.ts'

/** The tests with TLS need openssl, because Node can’t create certificates. */
const noOpenssl = spawnSync('openssl', ['version']).status !== 0

/**
 * Creates a role without additional privileges, and a database that the role owns by default, as with managed
 * providers.
 */
async function aRole(settings: Record<string, string> = {}, { ownsDatabase = true } = {}) {
  const admin = await createDatabase()
  const address = new URL(admin)
  const role = `app_${randomUUID().replaceAll('-', '')}`
  await query(admin, `CREATE ROLE ${role} LOGIN PASSWORD 'password'`)
  if (ownsDatabase) await query(admin, `ALTER DATABASE ${address.pathname.slice(1)} OWNER TO ${role}`)
  for (const [name, value] of Object.entries(settings)) {
    await query(admin, `ALTER ROLE ${role} SET ${name} = ${value}`)
  }
  Object.assign(address, { username: role, password: 'password' })
  return { address: address.href, admin, role }
}

/** Runs concurrent calls on one node and then on another. Each node has a pool of 5 connections. */
async function expectCalls(address: string) {
  const pools = [1, 2].map(() => new Pool({ connectionString: address, max: 5 }))
  for (const pool of pools) {
    await using ledger = postgresLedger(pool)
    await fetched(ledger, units(100))
    const calls = Array.from({ length: 40 }, async () => {
      const reserve = aReserve()
      expect(await ledger.execute(reserve)).toMatchObject({ state: 'held' })
      expect(await ledger.execute(settleOf(reserve))).toMatchObject({ state: 'settled' })
      expect(await ledger.balances('ada')).toMatchObject({ balances: [{ meter: 'generations' }] })
    })
    await Promise.all(calls)
    await ledger.prune()
    expect(await ledger.health()).toMatchObject({ parked: 0 })
  }
  await Promise.all(pools.map((pool) => pool.end()))
}

test.each([
  ['a statement_timeout of 1 s', { statement_timeout: "'1s'" }],
  ['other short timeouts', { lock_timeout: '1', idle_in_transaction_session_timeout: "'1s'" }],
  ['a search_path without public', { search_path: 'pg_catalog' }],
  ['an empty search_path', { search_path: "''" }],
  ['the isolation level SERIALIZABLE', { default_transaction_isolation: 'serializable' }],
  ['other formats', { timezone: "'Asia/Kathmandu'", datestyle: "'German'", extra_float_digits: '0' }],
  ['backslash escapes in strings', { standard_conforming_strings: 'off' }],
])('runs calls with a pool of 5 connections and a role with %s', async (_, settings) => {
  const { address } = await aRole(settings)
  await expectCalls(address)
})

test('migrates even if the migration takes longer than the role’s timeouts', async () => {
  const { address, admin } = await aRole({ statement_timeout: '300', lock_timeout: '300' })
  const other = new Client({ connectionString: admin })
  await other.connect()
  // Hold the migration lock, as a node does while it migrates.
  await other.query('SELECT pg_advisory_lock(7260114)')
  await using ledger = postgresLedger(address)
  const opened = ledger.health()
  opened.catch(() => {})
  await other.query('SELECT pg_sleep(1)')
  await other.end()
  expect(await opened).toMatchObject({ parked: 0 })
})

test('says what to do if default_transaction_read_only is on', async () => {
  const { address } = await aRole({ default_transaction_read_only: 'on' })
  await using ledger = postgresLedger(address)
  await expect(ledger.execute(aReserve())).rejects.toMatchObject({
    reason: 'cannotWrite',
    message: expect.stringContaining('default_transaction_read_only is on'),
  })
})

test("uses a schema that an administrator has created if the role can't create schemas", async () => {
  const { address, admin, role } = await aRole({}, { ownsDatabase: false })
  await using ledger = postgresLedger(address)
  await expect(ledger.health()).rejects.toMatchObject({
    reason: 'cannotOpen',
    message: expect.stringContaining('CREATE SCHEMA metered AUTHORIZATION <role>'),
  })
  await query(admin, `CREATE SCHEMA metered AUTHORIZATION ${role}`)
  await expectCalls(address)
})

describe.skipIf(noOpenssl)('with TLS', () => {
  let folder = ''
  let postgres: Postgres
  let address = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'metered-tls-'))
    chmodSync(folder, 0o755)
    const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        certificate,
        ...subject,
      ],
      { stdio: 'ignore' },
    )
    if (process.getuid?.() === 0) {
      const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
      chownSync(key, id('-u'), id('-g'))
    }
    chmodSync(key, 0o600)
    const files = ['-c', `ssl_cert_file=${certificate}`, '-c', `ssl_key_file=${key}`]
    postgres = await startPostgres({ flags: ['-c', 'fsync=off', '-c', 'ssl=on', ...files] })
    address = await postgres.createDatabase()
  })
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  test('connects with TLS if the connection string names the server’s certificate', async () => {
    await expectCalls(`${address}?sslmode=verify-full&sslrootcert=${join(folder, 'server.crt')}`)
  })

  test('says what to do if the server’s certificate isn’t trusted', async () => {
    await using ledger = postgresLedger(`${address}?sslmode=require`)
    await expect(ledger.health()).rejects.toMatchObject({
      reason: 'cannotOpen',
      message: expect.stringMatching(/isn’t trusted: self-signed certificate.*sslrootcert=/),
    })
  })

  test('opens no ledger on a server without TLS if the connection string requires TLS', async () => {
    await using ledger = postgresLedger(`${await createDatabase()}?sslmode=require`)
    await expect(ledger.health()).rejects.toMatchObject({
      reason: 'cannotOpen',
      message: expect.stringContaining('The server does not support SSL connections'),
    })
  })
})
