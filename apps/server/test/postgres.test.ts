import { startFlowgladLocal } from 'flowglad-local'
import { Client } from 'pg'
import { type Postgres, startPostgres } from 'test-postgres'
import { noPgBouncer, startPgBouncer } from 'test-postgres/pgbouncer'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pricing, signUp, startTestServer } from './testServer.ts'

let postgres: Postgres
beforeAll(async () => {
  // PostgreSQL first searches the schema that has the role's name. This role has the name of the ledger's
  // schema, so the tests also check that the app doesn't use the ledger's tables.
  postgres = await startPostgres({ user: 'metered' })
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** Returns an empty database to which the servers connect directly. */
async function direct() {
  return { url: await postgres.createDatabase(), async [Symbol.asyncDispose]() {} }
}

/**
 * Returns an empty database behind PgBouncer, which has fewer connections to PostgreSQL than a server opens.
 */
async function behindPgBouncer() {
  const bouncer = await startPgBouncer(await postgres.createDatabase(), {
    pool_mode: 'transaction',
    default_pool_size: 4,
    server_round_robin: 1,
  })
  return { url: bouncer.address, bouncer, [Symbol.asyncDispose]: () => bouncer[Symbol.asyncDispose]() }
}

describe.each([
  { where: 'connected directly', createDatabase: direct, reason: null },
  { where: 'behind PgBouncer in transaction mode', createDatabase: behindPgBouncer, reason: noPgBouncer },
])('$where', ({ createDatabase, reason }) => {
  beforeEach(({ skip }) => skip(reason !== null, reason ?? ''))

  test('shares users, pictures and credits between servers that start at the same time on one database', async () => {
    await using database = await createDatabase()
    await using flowglad = await startFlowgladLocal({ pricing })
    const options = { flowglad, env: { DATABASE_URL: database.url } }
    // The database is empty, so one server creates the tables while the others wait.
    const servers = await Promise.all([1, 2, 3, 4].map(() => startTestServer(options)))
    const [one, two] = servers
    if (!one || !two) throw new Error('no servers')
    try {
      const here = await signUp(one)
      const there = here.at(two.url)

      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          (i % 2 ? here : there).call('studio.generate', { prompt: 'two harbours', count: 1 }),
        ),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
      expect(answers.filter(({ status }) => status === 402)).toHaveLength(30)
      await expect
        .poll(() => one.flowgladUsage(here.user.id))
        .toMatchObject({
          used: { generations: 10 },
          available: { generations: 0 },
        })

      const urls = answers.flatMap(({ data }) => data?.pictures.map(({ url }: { url: string }) => url) ?? [])
      const seen = await Promise.all(urls.map((url) => there.fetch(url)))
      expect(seen.map(({ status }) => status)).toEqual(urls.map(() => 200))
      const { data } = await there.call('studio.gallery', {}, { method: 'GET' })
      expect(new Set(data.pictures.map(({ url }: { url: string }) => url))).toEqual(new Set(urls))
    } finally {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
    }
  })

  test('keeps running when PostgreSQL closes every connection', async () => {
    await using database = await createDatabase()
    await using server = await startTestServer({ env: { DATABASE_URL: database.url } })
    const browser = await signUp(server)
    const operator = new Client({ connectionString: server.env.DATABASE_URL })
    await operator.connect()
    const calls = Array.from({ length: 10 }, () => browser.call('studio.gallery', {}, { method: 'GET' }))
    await operator.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    await Promise.all(calls)
    await operator.end()
    await expect.poll(async () => (await browser.call('studio.lookup', { term: 'fresco' })).status).toBe(200)
  })
})

test('becomes ready again after PgBouncer restarts', async ({ skip }) => {
  skip(noPgBouncer !== null, noPgBouncer ?? '')
  await using database = await behindPgBouncer()
  await using server = await startTestServer({ env: { DATABASE_URL: database.url } })
  const browser = await signUp(server)
  const lookUp = async () => (await browser.call('studio.lookup', { term: 'fresco' })).status
  expect(await lookUp()).toBe(200)
  await database.bouncer.stop()
  expect(await fetch(`${server.url}/readyz`)).toMatchObject({ status: 503 })
  await database.bouncer.start()
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200)
  expect(await lookUp()).toBe(200)
})
