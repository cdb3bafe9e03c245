import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Postgres, startPostgres } from 'test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../src/database/database.ts'
import type { Env } from '../src/env.ts'
import { createPictureStore } from '../src/studio/pictureStore.ts'

let folder: string
let postgres: Postgres
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-pictures-'))
  // PostgreSQL first searches the schema that has the role's name. This role has the name of the ledger's
  // schema, so the tests also check that the app doesn't use the ledger's tables.
  postgres = await startPostgres({ user: 'metered' })
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const engines: [string, () => Promise<Env['database']>][] = [
  ['SQLite', async () => ({ type: 'sqlite', file: join(folder, `${randomUUID()}.sqlite`) })],
  ['PostgreSQL', async () => ({ type: 'postgres', url: await postgres.createDatabase() })],
]
const aPicture = { file: Uint8Array.of(1, 2), contentType: 'image/svg+xml', size: 8 } as const

test.each(engines)(
  "keeps each user's newest pictures and deletes older ones in batches on %s",
  async (_, where) => {
    await using database = openDatabase(await where(), async () => {})
    let time = 1_000
    const store = createPictureStore({ kysely: database.kysely, now: () => time++, keepNewest: 5 })
    const keep = (user: string, prompt: string, count: number) =>
      store.keep({ user, prompt, pictures: Array.from({ length: count }, () => aPicture) })
    const prompts = async (user: string) =>
      (await store.page({ user, limit: 1_000, before: null })).pictures.map(({ prompt }) => prompt)

    const { pictures } = await keep('ada', 'first', 2)
    await keep('grace', 'hers', 1)
    await keep('ada', 'second', 3)
    expect(await prompts('ada')).toEqual(['second', 'second', 'second', 'first', 'first'])
    await keep('ada', 'third', 4)
    expect(await prompts('ada')).toEqual(['third', 'third', 'third', 'third', 'second'])
    expect(await prompts('grace')).toEqual(['hers'])
    // An older version had no limit and could leave this many pictures. Each generation deletes some of these
    // pictures.
    await keep('ada', 'many', 150)
    expect(await prompts('ada')).toEqual(Array(105).fill('many'))
    await keep('ada', 'last', 1)
    expect(await prompts('ada')).toEqual(['last', ...Array(55).fill('many')])
    expect(await store.file({ id: pictures[0]?.id ?? '', user: 'ada' })).toBeUndefined()
  },
)

test.each(engines)('returns a file and its content type only to its owner on %s', async (_, where) => {
  await using database = openDatabase(await where(), async () => {})
  const store = createPictureStore({ kysely: database.kysely, now: () => 1_000 })
  const png = { file: Uint8Array.of(3), contentType: 'image/png', size: 1 } as const
  const { pictures } = await store.keep({ user: 'ada', prompt: 'two kinds', pictures: [aPicture, png] })
  const ids = pictures.map(({ id }) => id)
  const files = await Promise.all(ids.map((id) => store.file({ id, user: 'ada' })))
  expect(files.map((found) => found && { ...found, file: [...found.file] })).toEqual([
    { file: [1, 2], contentType: 'image/svg+xml', prompt: 'two kinds' },
    { file: [3], contentType: 'image/png', prompt: 'two kinds' },
  ])
  expect(await store.file({ id: ids[0] ?? '', user: 'grace' })).toBeUndefined()
})

test.each(engines)("deletes only the user's own picture on %s", async (_, where) => {
  await using database = openDatabase(await where(), async () => {})
  const store = createPictureStore({ kysely: database.kysely, now: () => 1_000 })
  const { pictures } = await store.keep({ user: 'ada', prompt: 'a pair', pictures: [aPicture, aPicture] })
  const [first = '', second = ''] = pictures.map(({ id }) => id)
  await store.delete({ id: first, user: 'grace' })
  expect(await store.has({ id: first, user: 'ada' })).toBe(true)
  await store.delete({ id: first, user: 'ada' })
  const left = (await store.page({ user: 'ada', limit: 10, before: null })).pictures
  expect(left.map(({ id }) => id)).toEqual([second])
})

test.each(engines)('serves pictures that an older version stored on %s', async (_, where) => {
  const place = await where()
  const open = () => openDatabase(place, async () => {})
  await using old = open()
  const { kysely, type } = old
  await sql`DROP TABLE picture`.execute(kysely)
  await sql`CREATE TABLE picture (id text PRIMARY KEY, user_id text NOT NULL, prompt text NOT NULL, size integer NOT NULL,
    png ${sql.raw(type === 'sqlite' ? 'blob' : 'bytea')} NOT NULL, created_at bigint NOT NULL)`.execute(
    kysely,
  )
  const insert = (id: string) =>
    sql`INSERT INTO picture (id, user_id, prompt, size, png, created_at)
      VALUES (${id}, 'ada', 'old', 512, ${Buffer.of(7)}, 1)`.execute(kysely)
  await insert('before')
  for (let start = 0; start < 2; start += 1) {
    await using current = open()
    await current.ready()
  }
  // During an update, servers of the older version still write to this table.
  await insert('during')
  const store = createPictureStore({ kysely, now: () => 1_000 })
  for (const id of ['before', 'during']) {
    const found = await store.file({ id, user: 'ada' })
    expect(found && { ...found, file: [...found.file] }).toMatchObject({
      file: [7],
      contentType: 'image/png',
    })
  }
})
