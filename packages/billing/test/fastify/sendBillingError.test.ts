import fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendBillingError } from '../../src/fastify/index.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

test('replies with 400 and the reason if a budget cannot be set', async () => {
  await using stack = await startStack()
  const app = fastify()
  app.setErrorHandler((error, _request, reply) => {
    if (!sendBillingError(error, reply)) reply.code(500).send({ error: 'internal' })
  })
  app.post('/limits', async () => {
    await stack.billing.budgets.set(aUser(), { meter: 'generations', limit: -1, window: 'hour' })
  })
  const response = await app.inject({ method: 'POST', url: '/limits' })
  expect(response.statusCode).toBe(400)
  expect(response.json()).toEqual({
    error: 'budget_rejected',
    message: expect.stringContaining('limit: '),
  })
  await app.close()
})

test('replies to a denial with its status, details and retry-after header', async () => {
  await using stack = await startStack()
  const app = fastify()
  app.setErrorHandler((error, _request, reply) => {
    if (!sendBillingError(error, reply)) reply.code(500).send({ error: 'internal' })
  })
  app.post('/render', () =>
    stack.billing.meter({ customer: aUser(), meter: 'generations', amount: 6 }, () => ({ id: 'picture' })),
  )
  const render = async () => {
    const response = await app.inject({ method: 'POST', url: '/render' })
    return { status: response.statusCode, body: response.json(), retryAfter: response.headers['retry-after'] }
  }
  expect(await render()).toMatchObject({ status: 200, body: { id: 'picture' } })
  expect(await render()).toMatchObject({
    status: 402,
    body: {
      error: 'insufficient_credits',
      message: 'Insufficient credits for generations. Available: 4, Required: 6',
      availableBalance: 4,
      required: 6,
      upgradeUrl: '/pricing',
    },
  })
  await stack.ledger.close()
  expect(await render()).toMatchObject({
    status: 503,
    body: { error: 'billing_unavailable' },
    retryAfter: '1',
  })
  await app.close()
})
