import { expect, test } from 'vitest'
import { billingHandler } from '../../src/fetch/billingHandler.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

test('serves only the billing routes, and only to a signed-in customer', async () => {
  await using stack = await startStack()
  const handler = billingHandler(stack.billing, {
    customer: ({ headers }) => (headers.has('user') ? aUser() : null),
  })
  const post = (path: string, headers: Record<string, string> = {}) =>
    handler(new Request(`http://localhost${path}`, { method: 'POST', headers }))
  expect((await post('/api/flowglad/customers/billing', { user: 'ada' })).status).toBe(200)
  expect((await post('/api/flowglad/customers/billing')).status).toBe(401)
  const unknown = await post('/')
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toEqual({ error: 'not_found', message: 'There is no such route' })
})
