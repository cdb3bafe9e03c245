import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { maxBodyBytes } from '../../src/http/readBody.ts'
import { type BillingHandlerOptions, billingHandler } from '../../src/node/billingHandler.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { signWebhook } from '../http/signWebhook.ts'

type Handler = ReturnType<typeof billingHandler>
/** Wraps the handler, as other middleware in an app would. */
type Wrap = (handler: Handler) => (req: IncomingMessage, res: ServerResponse) => unknown

/** Starts billing behind Node's own HTTP server. The `user` header contains the customer's ID. */
async function startNodeApp({
  wrap = (handler) => (req, res) => handler(req, res),
  ...options
}: { wrap?: Wrap } & Partial<BillingHandlerOptions> = {}) {
  const stack = await startStack()
  const handler = billingHandler(stack.billing, {
    customer: ({ headers }) => (typeof headers.user === 'string' ? aUser(headers.user) : null),
    ...options,
  })
  const server = createServer(wrap(handler))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return {
    ...stack,
    origin,
    post: (path: string, { body, headers }: { body?: string; headers?: Record<string, string> } = {}) =>
      fetch(origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

/** Parses the body before the handler runs, as `express.json()` does. */
const withParsedBody: Wrap = (handler) => async (req, res) => {
  const body = await text(req)
  return handler(Object.assign(req, body === '' ? {} : { body: JSON.parse(body) }), res)
}

test('serves the billing routes over plain HTTP', async () => {
  await using app = await startNodeApp({ limit: ({ id }) => (id === 'bob' ? { retryAfterMs: 2_500 } : null) })
  expect(await (await fetch(`${app.origin}/healthz`)).json()).toEqual({ status: 'ok' })
  const head = await fetch(`${app.origin}/readyz`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])

  const path = '/api/flowglad/usage-events/create'
  const usage = { body: JSON.stringify({ usageMeterSlug: 'api_calls', amount: 2 }) }
  expect((await app.post(path, usage)).status).toBe(401)
  const recorded = await app.post(path, { ...usage, headers: { user: 'ada' } })
  expect(await recorded.json()).toMatchObject({ data: { usageEvent: { amount: 2 } } })
  const limited = await app.post(path, { ...usage, headers: { user: 'bob' } })
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
})

test("verifies a webhook's signature against its raw bytes", async () => {
  await using app = await startNodeApp()
  await app.billing.refresh(aUser())
  await app.atFlowglad.pay(aUser(), 'pro_monthly')
  // Parsing and serializing the body would remove these spaces and break the signature.
  const body = '{ "customer": { "externalId": "ada" } }'
  const path = '/api/webhooks/flowglad'
  expect((await app.post(path, { body, headers: { ...signWebhook(body), 'svix-id': 'other' } })).status).toBe(
    401,
  )
  expect((await app.post(path, { body, headers: signWebhook(body) })).status).toBe(200)
  await until(async () => expect((await app.billing.balances(aUser())).plan?.name).toBe('Pro'))
})

test('accepts a body that a body parser has already read', async () => {
  await using app = await startNodeApp({ wrap: withParsedBody })
  const body = JSON.stringify({ usageMeterSlug: 'api_calls', amount: 2 })
  const headers = { user: 'ada' }
  const recorded = await app.post('/api/flowglad/usage-events/create', { body, headers })
  expect(await recorded.json()).toMatchObject({ data: { usageEvent: { amount: 2 } } })
  expect((await app.post('/api/flowglad/customers/billing', { headers })).status).toBe(200)
})

test('keeps the connection usable after a 413 for a body over 256 KiB', async () => {
  await using app = await startNodeApp()
  using agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), {
    [Symbol.dispose]: () => agent.destroy(),
  })
  const sockets = new Set<unknown>()
  const send = async (path: string, body: string) => {
    const sent = request(app.origin + path, { method: 'POST', agent })
    sent.end(body)
    const [response] = await once(sent, 'response')
    sockets.add(response.socket)
    await text(response)
    return response.statusCode
  }
  expect(await send('/api/webhooks/flowglad', 'x'.repeat(4 * maxBodyBytes))).toBe(413)
  expect(await send('/api/webhooks/flowglad', '{}')).toBe(401)
  expect(sockets.size).toBe(1)
})

test('passes a request for any other path to the next handler without reading the body', async () => {
  await using app = await startNodeApp({
    wrap: (handler) => (req, res) => handler(req, res, async () => res.end(`next: ${await text(req)}`)),
  })
  expect(await (await app.post('/other', { body: 'hello' })).text()).toBe('next: hello')
})

test('returns 404 for a path that is not a billing route if there is no next handler', async () => {
  await using app = await startNodeApp()
  const response = await app.post('/other', { body: 'hello' })
  expect([response.status, await response.json()]).toEqual([
    404,
    { error: 'not_found', message: 'There is no such route' },
  ])
})

const failing = {
  customer() {
    throw new Error('the session store is down')
  },
}

test('reports an unexpected error and returns 500 if there is no next handler', async () => {
  const reported: unknown[] = []
  await using alone = await startNodeApp({ ...failing, onError: (error) => reported.push(error) })
  const response = await alone.post('/api/flowglad/customers/billing')
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('session store')
  expect(reported).toEqual([new Error('the session store is down')])
})

test('passes an unexpected error to the next handler', async () => {
  await using chained = await startNodeApp({
    ...failing,
    wrap: (handler) => (req, res) => handler(req, res, (error) => res.end(String(error))),
  })
  expect(await (await chained.post('/api/flowglad/customers/billing')).text()).toBe(
    'Error: the session store is down',
  )
})

test('does not report an error if a client disconnects before its request body has arrived', async () => {
  const reported: unknown[] = []
  await using alone = await startNodeApp({ onError: (error) => reported.push(error) })
  let handled = 0
  await using chained = await startNodeApp({
    wrap: (handler) => async (req, res) => {
      await handler(req, res, (error) => reported.push(error))
      handled++
    },
  })
  for (const { origin } of [alone, chained]) {
    const sent = request(`${origin}/api/webhooks/flowglad`, {
      method: 'POST',
      headers: { 'content-length': 9 },
    })
    sent.on('error', () => {})
    sent.write('{')
    await once(sent, 'socket')
    // Make sure that the server has received the headers.
    await fetch(`${origin}/healthz`)
    sent.destroy()
  }
  await until(() => expect(handled).toBe(2))
  expect(reported).toEqual([])
})
