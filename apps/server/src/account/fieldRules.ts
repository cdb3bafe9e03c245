import { APIError } from 'better-auth/api'
import { z } from 'zod'
import { limits } from '../limits/limits.ts'

const { fields } = limits

const text = (field: string, length: number) =>
  z
    .string(`The ${field} must be text.`)
    .max(length, `The ${field} must not exceed ${length} characters.`)
    .regex(/^\P{Cc}*$/u, `The ${field} must not contain control characters.`)
    .optional()

/** Pages load the image, so its URL must use HTTPS and can't be a script. */
const image = z
  .url({ protocol: /^https$/, error: 'The image must be an https:// address.' })
  .startsWith('https://', 'The image must be an https:// address.')
  .max(fields.image, `The address of the image must not exceed ${fields.image} characters.`)
  .nullish()

const knownFields = z.looseObject({
  name: text('name', fields.name),
  email: text('email address', fields.email),
  newEmail: text('email address', fields.email),
  password: text('password', fields.password),
  newPassword: text('password', fields.password),
  currentPassword: text('password', fields.password),
  image,
})

/**
 * Refuses a request to better-auth whose fields are too long or unsafe to display. Long fields would make
 * cookies too large, because a session's cookie contains the user's fields.
 *
 * @throws {APIError} with status 400 and a message for the user.
 */
export function refuseBadFields(body: unknown) {
  if (typeof body !== 'object' || body === null) return
  const [issue] = knownFields.safeParse(body).error?.issues ?? []
  const message = issue?.message ?? (hasBadText(body) ? otherRule : null)
  if (message !== null) throw new APIError('BAD_REQUEST', { code: 'INVALID_FIELD', message })
}

const otherRule = `Text must not exceed ${fields.other} characters or contain the character U+0000, and fields must not be deeply nested.`

/**
 * Returns whether a value contains a text that is too long or contains U+0000, which PostgreSQL can't store.
 * Also returns true for deep nesting, which better-auth's own fields don't have.
 */
const hasBadText = (value: unknown, depth = 0): boolean =>
  typeof value === 'string'
    ? value.length > fields.other || value.includes('\0')
    : typeof value === 'object' &&
      value !== null &&
      (depth > 10 || Object.values(value).some((inner) => hasBadText(inner, depth + 1)))

/** Returns the part of a `User-Agent` header that a session stores. */
export const shortUserAgent = (userAgent: string | null | undefined) =>
  userAgent?.slice(0, limits.userAgentLength)
