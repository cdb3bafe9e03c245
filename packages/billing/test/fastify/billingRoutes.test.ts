import fastify from 'fastify'
import { expect, test } from 'vitest'
import { billingRoutes } from '../../src/fastify/index.ts'
import { maxBodyBytes } from '../../src/http/readBody.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { signWebhook } from '../http/signWebhook.ts'

/** Starts a Fastify app with the billing routes under `prefix`, another route and an error handler. */
async function startFastifyApp({ prefix = '' } = {}) {
  const stack = await startStack()
  const app = fastify()
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ handledByApp: error.message }),
  )
  app.post('/echo', async ({ body }) => body)
  await app.register(billingRoutes, {
    billing: stack.billing,
    prefix,
    customer({ headers }) {
      if (headers.user === 'broken') throw new Error('the session store is down')
      return typeof headers.user === 'string' ? aUser(headers.user) : null
    },
  })
  return {
    ...stack,
    async post(url: string, payload: string, headers: Record<string, string> = {}) {
      const response = await app.inject({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': 'application/json', ...headers },
      })
      return { status: response.statusCode, body: response.json() }
    },
    get: async (url: string) => (await app.inject({ url })).statusCode,
    async [Symbol.asyncDispose]() {
      await app.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

test("verifies a webhook's raw bytes without changing how the app's routes parse JSON", async () => {
  await using app = await startFastifyApp()
  const body = '{ "customer": null }'
  expect(await app.post('/api/webhooks/flowglad', body, signWebhook(body))).toEqual({
    status: 200,
    body: { received: true },
  })
  expect(await app.post('/echo', '{ "a": 1 }')).toEqual({ status: 200, body: { a: 1 } })
})

test("serves the billing routes under the scope's prefix", async () => {
  await using app = await startFastifyApp({ prefix: '/shop' })
  expect(await app.get('/shop/healthz')).toBe(200)
  expect(await app.get('/shop/readyz?verbose')).toBe(200)
  expect(await app.get('/healthz')).toBe(404)
  expect(await app.post('/shop/api/flowglad/customers/billing', '{}', { user: 'ada' })).toMatchObject({
    status: 200,
  })
})

test("passes unexpected errors and bodies over 256 KiB to the app's error handler", async () => {
  await using app = await startFastifyApp()
  const path = '/api/flowglad/customers/billing'
  expect(await app.post(path, '{}', { user: 'broken' })).toEqual({
    status: 500,
    body: { handledByApp: 'the session store is down' },
  })
  expect(await app.post(path, 'x'.repeat(maxBodyBytes + 1), { user: 'ada' })).toMatchObject({
    status: 413,
    body: { handledByApp: expect.any(String) },
  })
})
