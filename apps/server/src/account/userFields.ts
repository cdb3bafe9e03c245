import type { Connection } from '../database/database.ts'
import { addressKey } from './addressKey.ts'

/** The columns that the app adds to better-auth's user table. Clients can't set these columns. */
export const userFields = {
  /** The user's `addressKey`. Null if another account already had the same key when this column was added. */
  addressKey: { type: 'string', required: false, unique: true, input: false, returned: false },
  /**
   * True if the user signed up while `SIGNUP_VERIFICATION` was on. A server that starts with `off` resets this
   * field to null.
   */
  mustVerifyEmail: { type: 'boolean', required: false, input: false },
  /** When the user last set a new password with the link in an email. */
  passwordResetAt: { type: 'date', required: false, input: false },
} as const

interface UserTable {
  id: string
  email: string
  addressKey: string | null
  mustVerifyEmail: boolean | null
  passwordResetAt: string | null
}

const usersAtOnce = 1_000

/**
 * Sets the `addressKey` of users that an older version of the server created. Skips a user whose key is
 * taken.
 */
export async function fillAddressKeys({ kysely }: Pick<Connection, 'kysely'>) {
  const users = usersIn(kysely)
  for (let after = ''; ; ) {
    const page = await users
      .selectFrom('user')
      .select(['id', 'email'])
      .where('addressKey', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(usersAtOnce)
      .execute()
    for (const { id, email } of page) {
      const key = addressKey(email)
      const taken = users.selectFrom('user').select('id').where('addressKey', '=', key)
      await users
        .updateTable('user')
        .set({ addressKey: key })
        .where('id', '=', id)
        .where(({ not, exists }) => not(exists(taken)))
        .execute()
    }
    const last = page.at(-1)
    if (!last || page.length < usersAtOnce) return
    after = last.id
  }
}

/**
 * Stops requiring verification from all users who haven't verified their email address yet. A server that
 * doesn't require verification calls this function when it starts.
 */
export async function waiveVerification({ kysely }: Pick<Connection, 'kysely'>) {
  await usersIn(kysely)
    .updateTable('user')
    .set({ mustVerifyEmail: null })
    .where('mustVerifyEmail', 'is not', null)
    .execute()
}

/** Records that the user has set a new password with the link in an email. */
export async function recordPasswordReset(
  { kysely }: Pick<Connection, 'kysely'>,
  { user, at }: { user: string; at: number },
) {
  await usersIn(kysely)
    .updateTable('user')
    .set({ passwordResetAt: new Date(at).toISOString() })
    .where('id', '=', user)
    .execute()
}

const usersIn = (kysely: Connection['kysely']) => kysely.withTables<{ user: UserTable }>()
