import type { RequestListener } from 'node:http'
import { startFlowgladLocal } from 'flowglad-local'
import { expect, test } from 'vitest'
import { createBilling, SetupError } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from './meters.ts'
import { pricing } from './pricing.ts'
import { recordingLogger } from './recordingLogger.ts'
import { startServer } from './startServer.ts'
import { startStack } from './startStack.ts'
import { until } from './until.ts'

const ada = aUser()

function billingAt(flowglad: { secretKey: string; baseUrl: string }) {
  const log = recordingLogger()
  const billing = createBilling({
    meters,
    ledger: sqliteLedger(':memory:'),
    flowglad,
    customer: () => ada,
    publicUrl: 'http://localhost',
    logger: log.logger,
    options: { decisionMs: 20_000, deliverAfterMs: 0, deliverEveryMs: 50 },
  })
  return { billing, errors: () => log.errors }
}

const rejectsTheKey = (status: number) =>
  `Flowglad rejects \`flowglad.secretKey\` (${status}). Copy the key of this pricing model from Flowglad's dashboard.`
const isNotFlowglad = (url: string, answer: string) =>
  `\`flowglad.baseUrl\` ${url} is not Flowglad's API (${answer}). Use the address of Flowglad or flowglad-local, without a path.`

test('fails to start with a rejected key and names the setting', async () => {
  await using flowglad = await startFlowgladLocal({ pricing })
  const { billing, errors } = billingAt({ secretKey: 'sk_test_other', baseUrl: flowglad.url })
  await using _ = billing
  await expect(billing.start()).rejects.toThrow(new SetupError(rejectsTheKey(401)))
  expect(errors()).toEqual([rejectsTheKey(401)])
})

test('fails to start with a key that lacks permissions', async () => {
  await using server = await startServer((_, response) => {
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: 'Forbidden', code: 'FORBIDDEN' }))
  })
  const { billing } = billingAt({ secretKey: 'sk_test', baseUrl: server.url })
  await using _ = billing
  await expect(billing.start()).rejects.toThrow(rejectsTheKey(403))
})

test.each<[server: string, answer: string, listener: RequestListener]>([
  [
    'returns 404 with an HTML page',
    '404',
    (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
  ],
  [
    'returns 404 with its own JSON',
    '404',
    (_, response) =>
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"statusCode":404,"error":"Not Found","message":"Route not found"}'),
  ],
  [
    'returns an HTML page for every request',
    'its answer is not JSON',
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<div id="root"></div>'),
  ],
  [
    'asks for a password',
    '401',
    (_, response) => response.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
  ],
])('fails to start if the server at the base URL %s', async (_, answer, listener) => {
  await using server = await startServer(listener)
  const { billing, errors } = billingAt({ secretKey: 'sk_test', baseUrl: server.url })
  await using __ = billing
  await expect(billing.start()).rejects.toThrow(new SetupError(isNotFlowglad(server.url, answer)))
  expect(errors()).toEqual([isNotFlowglad(server.url, answer)])
})

test('fails to start with a base URL that contains an API path', async () => {
  await using flowglad = await startFlowgladLocal({ pricing })
  const baseUrl = `${flowglad.url}/api/v1`
  const { billing } = billingAt({ secretKey: flowglad.key, baseUrl })
  await using _ = billing
  await expect(billing.start()).rejects.toThrow(isNotFlowglad(baseUrl, '404'))
})

test('logs a rejected key once and reports it as the only reason in health()', async () => {
  await using flowglad = await startFlowgladLocal({ pricing })
  const { billing, errors } = billingAt({ secretKey: 'sk_test_other', baseUrl: flowglad.url })
  await using _ = billing
  for (let call = 0; call < 3; call++) {
    await expect(billing.meter({ customer: ada, meter: 'tokens' }, () => 'done')).rejects.toMatchObject({
      denial: { code: 'BILLING_UNAVAILABLE' },
    })
  }
  await until(async () =>
    expect(await billing.health()).toMatchObject({ status: 'degraded', reasons: [rejectsTheKey(401)] }),
  )
  expect(errors()).toEqual([rejectsTheKey(401)])
})

test('keeps usage in the outbox until Flowglad accepts the key', async () => {
  const log = recordingLogger()
  await using stack = await startStack({ logger: log.logger })
  const use = () => stack.billing.meter({ customer: ada, meter: 'tokens' }, () => 'done')
  await use()
  stack.proxy.breakWith(() => ({
    state: 'json',
    status: 403,
    body: { error: 'Forbidden', code: 'FORBIDDEN' },
  }))
  await use()
  await until(async () => expect((await stack.billing.health()).reasons).toEqual([rejectsTheKey(403)]))
  expect(log.errors).toEqual([rejectsTheKey(403)])
  stack.proxy.mend()
  await until(async () =>
    expect(await stack.billing.health()).toMatchObject({ status: 'ok', waiting: 0, parked: 0 }),
  )
  expect(await stack.atFlowglad.events()).toHaveLength(2)
})

test('creates a customer who is missing at Flowglad without reporting a wrong setting', async () => {
  const log = recordingLogger()
  await using stack = await startStack({ logger: log.logger })
  await stack.billing.meter({ customer: aUser('eve'), meter: 'tokens' }, () => 'done')
  expect(await stack.billing.health()).toMatchObject({ status: 'ok' })
  expect(log.errors).toEqual([])
})
