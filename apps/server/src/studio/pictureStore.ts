import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../database.ts'

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
  /** Keeps one generation, all of it or nothing, and forgets the user's oldest beyond the newest 200, 50 at most. */
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

/** More than one generation makes, so a surplus shrinks; few, since nobody else writes to SQLite meanwhile. */
const forgetAtOnce = 50

const pictureUrl = (id: string) => `/api/studio/pictures/${id}.png`

export function createPictureStore({
  kysely,
  now,
  keepNewest = 200,
}: {
  kysely: Kysely<Tables>
  now: () => number
  /** A user's pictures beyond so many are forgotten, the oldest first. */
  keepNewest?: number
}): PictureStore {
  async function forgetOldest(user: string) {
    const own = kysely.selectFrom('picture').select('id').where('user_id', '=', user)
    const newestBeyond = own.orderBy('id', 'desc').limit(1).offset(keepNewest)
    const oldest = own.where('id', '<=', newestBeyond).orderBy('id').limit(forgetAtOnce)
    await kysely.deleteFrom('picture').where('user_id', '=', user).where('id', 'in', oldest).execute()
  }

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
      // What is not forgotten now is forgotten after the next generation: no reason to fail this one.
      await forgetOldest(user).catch(() => {})
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
