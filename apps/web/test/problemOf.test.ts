import { beforeEach, expect, it, vi } from 'vitest'
import { problemOf } from '../src/account/problemOf.ts'

beforeEach(() => vi.stubGlobal('navigator', { onLine: true }))

const answer = (status: number, code?: string, message?: string) =>
  Promise.resolve({ error: { status, code, message } })

it('returns null on success', async () => {
  expect(await problemOf(Promise.resolve({ error: null }))).toBeNull()
})

it.each([
  [401, 'INVALID_EMAIL_OR_PASSWORD', "Email and password don't match."],
  [422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', 'This email already has an account.'],
  [400, 'VALIDATION_ERROR', "This email address isn't valid."],
  [429, undefined, 'Too many attempts.'],
  [400, 'INVALID_TOKEN', 'This link has expired'],
  [400, 'RESET_PASSWORD_DISABLED', "We can't send emails"],
  [500, undefined, 'Something went wrong on our side.'],
])('explains status %i in plain words (code: %s)', async (status, code, words) => {
  expect(await problemOf(answer(status, code, '[body.email] said the server'))).toContain(words)
})

it('says when to try again after the app’s own rate limit is reached', async () => {
  const message = 'Too many emails were requested for this address. Try again in 40 minutes.'
  expect(await problemOf(answer(429, 'TOO_MANY_MAILS', message))).toBe(message)
})

it('returns the server’s message for an error code that the app doesn’t know', async () => {
  expect(await problemOf(answer(400, 'PASSWORD_TOO_LONG', 'Password too long'))).toBe('Password too long')
})

it('distinguishes a lost response from an offline browser', async () => {
  const lost = () => Promise.reject(new TypeError('Failed to fetch'))
  expect(await problemOf(lost())).toContain("Studio can't be reached.")
  vi.stubGlobal('navigator', { onLine: false })
  expect(await problemOf(lost())).toBe("Studio can't be reached. Try again when you are back online.")
})
