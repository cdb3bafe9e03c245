import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/database.ts'
import { limits } from '../limits/limits.ts'
import type { PaintedPicture } from './models.ts'

export interface Picture {
  id: string
  url: string
  prompt: string
  /** Width and height in pixels. */
  size: number
  /** Epoch milliseconds. */
  createdAt: number
}

export interface PictureStore {
  /**
   * Stores either all of a generation's pictures or none. Then deletes up to 50 of the user's oldest pictures
   * beyond the number to keep (see `limits.picturesPerUser`).
   */
  keep(generation: { user: string; prompt: string; pictures: PaintedPicture[] }): Promise<{
    id: string
    pictures: { id: string; url: string }[]
  }>
  /** Returns the user's pictures, newest first. `before` is the previous page's `cursor`. */
  page(query: {
    user: string
    limit: number
    before: string | null
  }): Promise<{ pictures: Picture[]; cursor: string | null }>
  /** Returns whether the user has this picture, without reading its file. */
  has(picture: { id: string; user: string }): Promise<boolean>
  /** Returns the picture's file, or undefined if the user has no such picture. */
  file(picture: { id: string; user: string }): Promise<PictureFile | undefined>
  /** Deletes the picture if it belongs to the user. */
  delete(picture: { id: string; user: string }): Promise<void>
}

export interface PictureFile {
  file: Buffer
  contentType: string
  prompt: string
}

/**
 * The maximum number of pictures to delete at once. A generation adds fewer pictures than this maximum, so each
 * deletion reduces the surplus. Deleting more pictures at once would block other SQLite writers for longer.
 */
const maxDeletions = 50

const pictureUrl = (id: string) => `/api/studio/pictures/${id}`

export function createPictureStore({
  kysely,
  now,
  keepNewest = limits.picturesPerUser,
}: {
  kysely: Kysely<Tables>
  now: () => number
  /** The number of pictures to keep for each user. */
  keepNewest?: number
}): PictureStore {
  async function deleteOldest(user: string) {
    const own = kysely.selectFrom('picture').select('id').where('user_id', '=', user)
    const newestBeyond = own.orderBy('id', 'desc').limit(1).offset(keepNewest)
    const oldest = own.where('id', '<=', newestBeyond).orderBy('id').limit(maxDeletions)
    await kysely.deleteFrom('picture').where('user_id', '=', user).where('id', 'in', oldest).execute()
  }

  const find = ({ id, user }: { id: string; user: string }) =>
    kysely.selectFrom('picture').where('id', '=', id).where('user_id', '=', user)

  return {
    async keep({ user, prompt, pictures }) {
      const createdAt = now()
      const id = createdAt.toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
      const rows = pictures.map(({ file, contentType, size }, index) => ({
        // The suffix counts down, so that a newest-first list shows a generation's pictures in their original
        // order.
        id: `${id}-${pictures.length - index}`,
        user_id: user,
        prompt,
        size,
        png: Buffer.from(file.buffer, file.byteOffset, file.byteLength),
        content_type: contentType,
        created_at: createdAt,
      }))
      await kysely.insertInto('picture').values(rows).execute()
      // If the deletion fails, the generation still succeeds, and the next generation deletes the remaining
      // pictures.
      await deleteOldest(user).catch(() => {})
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

    async has(picture) {
      return (await find(picture).select('id').executeTakeFirst()) !== undefined
    },

    async file(picture) {
      const row = await find(picture).select(['png', 'content_type', 'prompt']).executeTakeFirst()
      // pg returns a Buffer, but libsql returns an ArrayBuffer.
      return row && { file: Buffer.from(row.png), contentType: row.content_type, prompt: row.prompt }
    },

    async delete({ id, user }) {
      await kysely.deleteFrom('picture').where('id', '=', id).where('user_id', '=', user).execute()
    },
  }
}
