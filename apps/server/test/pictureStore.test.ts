import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../src/database.ts'
import type { Env } from '../src/env.ts'
import { createPictureStore } from '../src/studio/pictureStore.ts'
import { startPostgres } from './startPostgres.ts'

let folder: string
let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-pictures-'))
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const engines: [string, () => Promise<Env['database']>][] = [
  ['SQLite', async () => ({ type: 'sqlite', file: join(folder, 'app.sqlite') })],
  ['PostgreSQL', async () => ({ type: 'postgres', url: await postgres.createDatabase() })],
]

test.each(engines)(
  'on %s of each user the newest pictures are kept, and the oldest beyond them forgotten',
  async (_, where) => {
    await using database = openDatabase(await where())
    await database.migrate(async () => {})
    let time = 1_000
    const store = createPictureStore({ kysely: database.kysely, now: () => time++, keepNewest: 5 })
    const png = { png: Uint8Array.of(1), size: 8 }
    const keep = (user: string, prompt: string, count: number) =>
      store.keep({ user, prompt, pictures: Array.from({ length: count }, () => png) })
    const prompts = async (user: string) =>
      (await store.page({ user, limit: 1_000, before: null })).pictures.map(({ prompt }) => prompt)

    const { pictures } = await keep('ada', 'first', 2)
    await keep('grace', 'hers', 1)
    await keep('ada', 'second', 3)
    expect(await prompts('ada')).toEqual(['second', 'second', 'second', 'first', 'first'])
    await keep('ada', 'third', 4)
    expect(await prompts('ada')).toEqual(['third', 'third', 'third', 'third', 'second'])
    expect(await prompts('grace')).toEqual(['hers'])
    // Many at once, as a version that kept them all may have left behind: a few go with each generation.
    await keep('ada', 'many', 150)
    expect(await prompts('ada')).toEqual(Array(105).fill('many'))
    await keep('ada', 'last', 1)
    expect(await prompts('ada')).toEqual(['last', ...Array(55).fill('many')])
    expect(await store.png({ id: pictures[0]?.id ?? '', user: 'ada' })).toBeUndefined()
  },
)
