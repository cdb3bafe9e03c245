import { type Kysely, sql } from 'kysely'
import type { Tables } from '../database/database.ts'

/** The fields of a user that operators see. */
export interface DirectoryUser {
  id: string
  name: string
  email: string
}

/** A user who receives an email that the user didn't request. */
export interface Recipient extends DirectoryUser {
  emailVerified: boolean
}

/** Finds users for operators and for emails. */
export interface UserDirectory {
  /**
   * Returns up to `limit` users whose email address starts with the text, sorted by address. Ignores case.
   */
  findByEmail(query: { startsWith: string; limit: number }): Promise<DirectoryUser[]>
  /** Returns the users with these IDs, in any order. Omits unknown IDs. */
  byId(ids: string[]): Promise<DirectoryUser[]>
  /** Returns the user, or null if the account doesn't exist. */
  recipient(id: string): Promise<Recipient | null>
}

export function createUserDirectory(kysely: Kysely<Tables>): UserDirectory {
  // SQLite stores booleans as 0 and 1.
  const users = kysely
    .withTables<{ user: DirectoryUser & { emailVerified: boolean | number } }>()
    .selectFrom('user')
    .select(['id', 'name', 'email'])
  return {
    findByEmail({ startsWith, limit }) {
      // better-auth stores addresses in lower case.
      const pattern = `${startsWith.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
      return users
        .where(sql<boolean>`email LIKE ${pattern} ESCAPE '\\'`)
        .orderBy('email')
        .limit(limit)
        .execute()
    },
    byId: async (ids) => (ids.length === 0 ? [] : users.where('id', 'in', ids).execute()),
    async recipient(id) {
      const user = await users.select('emailVerified').where('id', '=', id).executeTakeFirst()
      return user ? { ...user, emailVerified: Boolean(user.emailVerified) } : null
    },
  }
}
