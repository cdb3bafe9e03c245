import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { startFlowgladLocal } from 'flowglad-local'
import { Client } from 'pg'
import { type Postgres, startPostgres } from 'test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noVolumes, testVolume } from '../../../packages/billing/test/ledger/testVolume.ts'
import { type Browser, pricing, signUp, startTestServer, type TestServer } from './testServer.ts'

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** A database that a test can make read-only. */
interface ReadOnlyDatabase extends AsyncDisposable {
  url: string
  makeReadOnly(): Promise<void>
  makeWritable(): Promise<void>
}

/** Copies the SQLite database of a running server to a volume. */
async function onVolume({ DATABASE_URL }: Record<string, string>): Promise<ReadOnlyDatabase> {
  const volume = testVolume()
  const file = join(volume.folder, 'metered.sqlite')
  for (const ending of ['', '-wal', '-shm']) {
    copyFileSync(String(DATABASE_URL).slice('file:'.length) + ending, file + ending)
  }
  return {
    url: `file:${file}`,
    makeReadOnly: async () => volume.makeReadOnly(),
    makeWritable: async () => volume.makeWritable(),
    [Symbol.asyncDispose]: async () => volume[Symbol.dispose](),
  }
}

async function inPostgres(url: string): Promise<ReadOnlyDatabase> {
  const admin = new URL(url)
  admin.pathname = 'postgres'
  const client = new Client({ connectionString: admin.href })
  await client.connect()
  const name = new URL(url).pathname.slice(1)
  const set = (value: string) =>
    client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`)
  return {
    url,
    async makeReadOnly() {
      await set('on')
      // End all sessions, because a session keeps its settings until it ends.
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
    },
    makeWritable: async () => void (await set('off')),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

const readyz = async ({ url }: { url: string }) => {
  const response = await fetch(`${url}/readyz`)
  return { status: response.status, reasons: (await response.json()).reasons }
}
const generate = (browser: Browser) => browser.call('studio.generate', { prompt: 'two harbours', count: 1 })

async function expectDenials(server: TestServer, known: Browser) {
  await expect
    .poll(() => readyz(server))
    .toEqual({
      status: 503,
      reasons: [expect.stringContaining('is read-only')],
    })
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  expect(await generate(known.at(server.url))).toMatchObject({
    status: 503,
    error: { data: { billing: { code: 'BILLING_UNAVAILABLE' } } },
  })
  await expect(signUp(server)).rejects.toThrow('Sign-up returned 503')
}

async function expectRecovery(server: TestServer, known: Browser) {
  await expect.poll(() => readyz(server)).toEqual({ status: 200, reasons: [] })
  // Poll, because on a busy machine, a new customer's first call may not wait long enough for Flowglad.
  for (const browser of [await signUp(server), known.at(server.url)])
    await expect.poll(() => generate(browser)).toMatchObject({ status: 200 })
}

test.for(['SQLite', 'PostgreSQL'])(
  'starts with a read-only %s database and accepts writes when the database becomes writable',
  async (engine, { skip }) => {
    skip(engine === 'SQLite' && noVolumes !== null, noVolumes ?? '')
    await using flowglad = await startFlowgladLocal({ pricing })
    const url = await postgres.createDatabase()
    const first = await startTestServer({ flowglad, env: engine === 'SQLite' ? {} : { DATABASE_URL: url } })
    const known = await signUp(first)
    // After this call, the next server needs no data from Flowglad for this customer.
    expect(await generate(known)).toMatchObject({ status: 200 })
    await using database = await (engine === 'SQLite' ? onVolume(first.env) : inPostgres(url))
    await first[Symbol.asyncDispose]()
    await database.makeReadOnly()
    await using server = await startTestServer({ flowglad, env: { DATABASE_URL: database.url } })
    await expectDenials(server, known)
    await database.makeWritable()
    await expectRecovery(server, known)
  },
)

test('recovers after the PostgreSQL database was temporarily read-only', async () => {
  await using database = await inPostgres(await postgres.createDatabase())
  await using server = await startTestServer({ env: { DATABASE_URL: database.url } })
  const known = await signUp(server)
  await database.makeReadOnly()
  await expectDenials(server, known)
  await database.makeWritable()
  await expectRecovery(server, known)
})
