import type { AuthContext } from 'better-auth'
import { BASE_ERROR_CODES } from 'better-auth'
import { APIError } from 'better-auth/api'
import { addressKey } from './addressKey.ts'

/**
 * The maximum duration of a sign-up. If a user has no password after this time, a crash interrupted the
 * sign-up.
 */
const signUpMaxMs = 60_000

type Users = Pick<AuthContext, 'adapter' | 'internalAdapter'>

interface KnownUser {
  id: string
  createdAt: Date
}

/**
 * Refuses a sign-up if the address or another spelling of it already has an account.
 *
 * On SQLite, a sign-up is not a transaction (see auth.ts). If the process dies after writing the user but
 * before writing the password, the user can neither sign in nor sign up again. This function deletes such a
 * user instead of refusing the sign-up.
 */
export async function refuseKnownAddress(users: Users, email: string, now: number) {
  const known = await findKnown(users, email)
  if (!known) return
  const accounts = await users.internalAdapter.findAccounts(known.id)
  if (accounts.length > 0 || now - known.createdAt.getTime() <= signUpMaxMs) throw addressTaken()
  await users.internalAdapter.deleteUser(known.id)
}

/**
 * Throws the same error as `refuseKnownAddress` if a sign-up failed because a simultaneous sign-up used the
 * same address. Because the column `addressKey` is unique, only one of the sign-ups creates a user.
 */
export async function explainLostRace(users: Users, email: string, answer: unknown) {
  if (!(answer instanceof APIError) || answer.body?.code !== BASE_ERROR_CODES.FAILED_TO_CREATE_USER.code)
    return
  if (await findKnown(users, email)) throw addressTaken()
}

async function findKnown({ adapter, internalAdapter }: Users, email: string): Promise<KnownUser | null> {
  const sameInbox = await adapter.findOne<KnownUser>({
    model: 'user',
    where: [{ field: 'addressKey', value: addressKey(email) }],
  })
  return sameInbox ?? (await internalAdapter.findUserByEmail(email))?.user ?? null
}

const addressTaken = () =>
  APIError.from('UNPROCESSABLE_ENTITY', BASE_ERROR_CODES.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)
