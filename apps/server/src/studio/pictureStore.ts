import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Database, Tables } from '../database.ts'

export interface PictureTable {
  /** Begins with the time it was made, so that newest first is the order of ids. */
  id: string
  user_id: string
  prompt: string
  size: number
  png: Uint8Array
  /** Epoch milliseconds. */
  created_at: number
}

export interface Picture {
  id: string
  url: string
  prompt: string
  /** Pixels, width and height. */
  size: number
  /** Epoch milliseconds. */
  createdAt: number
}

export interface PictureStore {
  /** Keeps one generation, all of it or nothing. */
  keep(generation: { user: string; prompt: string; pictures: { png: Uint8Array; size: number }[] }): Promise<{
    id: string
    pictures: { id: string; url: string }[]
  }>
  /** A user's own pictures, newest first; `before` is the `cursor` of the page before. */
  page(query: {
    user: string
    limit: number
    before: string | null
  }): Promise<{ pictures: Picture[]; cursor: string | null }>
  /** undefined for a picture that is somebody else's, as for one that never was. */
  png(picture: { id: string; user: string }): Promise<Uint8Array | undefined>
}

const pictureUrl = (id: string) => `/api/studio/pictures/${id}.png`

export function createPictureStore({
  kysely,
  now,
}: {
  kysely: Kysely<Tables>
  now: () => number
}): PictureStore {
  return {
    async keep({ user, prompt, pictures }) {
      const createdAt = now()
      const id = createdAt.toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
      const rows = pictures.map(({ png, size }, index) => ({
        // Numbered downwards: newest first then shows one generation's pictures in the order they were asked for.
        id: `${id}-${pictures.length - index}`,
        user_id: user,
        prompt,
        size,
        png: Buffer.from(png.buffer, png.byteOffset, png.byteLength),
        created_at: createdAt,
      }))
      await kysely.insertInto('picture').values(rows).execute()
      return { id, pictures: rows.map((row) => ({ id: row.id, url: pictureUrl(row.id) })) }
    },

    async page({ user, limit, before }) {
      let query = kysely
        .selectFrom('picture')
        .select(['id', 'prompt', 'size', 'created_at'])
        .where('user_id', '=', user)
        .orderBy('id', 'desc')
        .limit(limit + 1)
      if (before !== null) query = query.where('id', '<', before)
      const rows = await query.execute()
      const pictures = rows.slice(0, limit).map(({ id, prompt, size, created_at }) => ({
        id,
        url: pictureUrl(id),
        prompt,
        size,
        createdAt: Number(created_at),
      }))
      return { pictures, cursor: rows.length > limit ? (pictures.at(-1)?.id ?? null) : null }
    },

    async png({ id, user }) {
      const row = await kysely
        .selectFrom('picture')
        .select('png')
        .where('id', '=', id)
        .where('user_id', '=', user)
        .executeTakeFirst()
      return row?.png
    },
  }
}

export async function createPictureTable({ type, kysely }: Pick<Database, 'type' | 'kysely'>) {
  await kysely.schema
    .createTable('picture')
    .ifNotExists()
    // Ids are compared byte by byte on both engines; PostgreSQL would follow its locale otherwise.
    .addColumn('id', type === 'postgres' ? sql`text COLLATE "C"` : 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('prompt', 'text', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('png', type === 'postgres' ? 'bytea' : 'blob', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('picture_of_user')
    .ifNotExists()
    .on('picture')
    .columns(['user_id', 'id'])
    .execute()
}
