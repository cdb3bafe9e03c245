import { describe, expect, test } from 'vitest'
import type { Caller } from '../../src/http/caller.ts'
import { maxBodyBytes } from '../../src/http/readBody.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const signedIn: Caller = { customer: () => aUser() }

function handle({ billing }: Stack, path: string, init: RequestInit = {}, caller = signedIn) {
  return billing.handle(new Request(`http://localhost${path}`, init), caller)
}
const postJson = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

test('resolves to null for a path that is not a billing route', async () => {
  await using stack = await startStack({ started: false })
  for (const path of ['/', '/api', '/api/flowglad', '/healthz/', '/api/webhooks/other']) {
    expect(await handle(stack, path), path).toBeNull()
  }
})

test('reads the customer only on routes that need a customer', async () => {
  await using stack = await startStack()
  const caller: Caller = {
    customer() {
      throw new Error('the session store is down')
    },
  }
  const statusOf = async (path: string, init?: RequestInit) =>
    (await handle(stack, path, init, caller))?.status
  expect(await statusOf('/healthz')).toBe(200)
  expect(await statusOf('/readyz')).toBe(200)
  expect(await statusOf('/api/flowglad/pricing-models/retrieve', { method: 'POST' })).toBe(200)
  expect(await statusOf('/api/flowglad/nope/nope', { method: 'POST' })).toBe(404)
  expect(await statusOf('/api/webhooks/flowglad', { method: 'POST' })).toBe(401)
  await expect(statusOf('/api/flowglad/customers/billing', { method: 'POST' })).rejects.toThrow(
    'the session store is down',
  )
})

test('returns 405 for a method that a route does not accept', async () => {
  await using stack = await startStack({ started: false })
  const wrong = [
    ['/healthz', 'POST', 'GET'],
    ['/readyz', 'DELETE', 'GET'],
    ['/api/webhooks/flowglad', 'GET', 'POST'],
  ] as const
  for (const [path, method, allow] of wrong) {
    const response = await handle(stack, path, { method })
    expect(response?.status, path).toBe(405)
    expect(response?.headers.get('allow'), path).toBe(allow)
    expect(await response?.json()).toEqual({ error: 'method_not_allowed', message: `Use ${allow}` })
  }
  for (const [path, method] of [
    ['/api/flowglad/subscriptions/cancel', 'GET'],
    ['/api/flowglad/customers/billing', 'PUT'],
    ['/api/flowglad/pricing-models/retrieve', 'GET'],
  ] as const) {
    const response = await handle(stack, path, { method })
    expect(response?.status, path).toBe(405)
    expect(await response?.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
  }
})

test('responds to a HEAD request like a GET request but without a body', async () => {
  await using stack = await startStack({ started: false })
  const response = await handle(stack, '/readyz', { method: 'HEAD' })
  expect(response?.status).toBe(200)
  expect(await response?.text()).toBe('')
})

describe('request bodies', () => {
  const path = '/api/flowglad/customers/billing'

  test.each(['/api/webhooks/flowglad', path])('rejects a body larger than 256 KiB on %s', async (large) => {
    await using stack = await startStack({ started: false })
    const response = await handle(stack, large, postJson('x'.repeat(maxBodyBytes)))
    expect(response?.status).toBe(413)
  })

  test('rejects a body with a content type that a form on another site could send', async () => {
    await using stack = await startStack({ started: false })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const init = { method: 'POST', headers: { 'content-type': type }, body: '{}' }
      expect((await handle(stack, path, init))?.status, type).toBe(415)
    }
    expect(stack.proxy.seen).toEqual([])
  })

  test('rejects a body that is not JSON', async () => {
    await using stack = await startStack({ started: false })
    const response = await handle(stack, path, { ...postJson(0), body: '{' })
    expect(response?.status).toBe(400)
    expect(await response?.json()).toMatchObject({ error: { code: 'invalid_json' } })
  })
})
