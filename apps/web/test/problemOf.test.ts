import { beforeEach, expect, it, vi } from 'vitest'
import { problemOf } from '../src/account/problemOf.ts'

beforeEach(() => vi.stubGlobal('navigator', { onLine: true }))

const answer = (status: number, code?: string, message?: string) =>
  Promise.resolve({ error: { status, code, message } })

it('has nothing to say when it worked', async () => {
  expect(await problemOf(Promise.resolve({ error: null }))).toBeNull()
})

it.each([
  [401, 'INVALID_EMAIL_OR_PASSWORD', 'Email and password do not match.'],
  [422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', 'There is already an account with this email.'],
  [400, 'VALIDATION_ERROR', 'This is not a complete email address.'],
  [429, undefined, 'Too many attempts.'],
  [500, undefined, 'That does not work at the moment.'],
])('says in plain words what %i %s means', async (status, code, words) => {
  expect(await problemOf(answer(status, code, '[body.email] said the server'))).toContain(words)
})

it('passes on what the server says of anything else', async () => {
  expect(await problemOf(answer(400, 'PASSWORD_TOO_LONG', 'Password too long'))).toBe('Password too long')
})

it('says so when no answer comes at all, and tells being offline from it', async () => {
  const lost = () => Promise.reject(new TypeError('Failed to fetch'))
  expect(await problemOf(lost())).toContain('Studio cannot be reached.')
  vi.stubGlobal('navigator', { onLine: false })
  expect(await problemOf(lost())).toContain('You are offline.')
})
