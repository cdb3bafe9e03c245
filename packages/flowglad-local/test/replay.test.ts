import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { Flowglad } from '@flowglad/node'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { startRecorder } from '../src/replay/startRecorder.ts'
import { readTranscript } from '../src/replay/transcript.ts'
import { runReplay } from '../src/runReplay.ts'
import { callEveryOperation } from './everyOperation.ts'
import { createDirectory, startProcess } from './process.ts'
import { startStudio } from './studio.ts'

/**
 * Replays a file with the command's defaults. Returns the printed text and whether all responses match the
 * recording.
 */
async function replay(file: string, options: { against?: string; json?: boolean } = {}) {
  const settings = { key: undefined, pricing: undefined, model: undefined, json: false, against: undefined }
  let output = ''
  const agrees = await runReplay({ command: 'replay', files: [file], ...settings, ...options }, (text) => {
    output += text
  })
  return { agrees, output }
}

/** Records a conversation in which a customer, whose ID is an email address, buys and uses credits. */
async function record(file: string): Promise<void> {
  await using studio = await startStudio()
  await using recorder = await startRecorder({ file, against: studio.url })
  const node = new Flowglad({ baseURL: recorder.url, apiKey: studio.key, maxRetries: 0 })
  await node.customers.create({
    customer: { externalId: 'ada@studio.test', name: 'Ada', email: 'ada@studio.test' },
  })
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const team = pricingModel.products.find(({ slug }) => slug === 'team')
  const { checkoutSession } = await node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada@studio.test',
      priceId: team?.defaultPrice.id ?? '',
      successUrl: 'http://127.0.0.1/thanks',
      cancelUrl: 'http://127.0.0.1/back',
    },
  })
  const { id } = checkoutSession
  await fetch(`${studio.url}/__test__/checkout-sessions/${id}/complete`, { method: 'POST', body: '{}' })
  await node.post('/__ops/complete-checkout', { body: { id } })
  const { currentSubscription } = await node.customers.retrieveBilling('ada@studio.test')
  await node.usageEvents.create({
    usageEvent: {
      subscriptionId: currentSubscription?.id ?? '',
      transactionId: 'first',
      amount: 7,
      usageMeterSlug: 'render',
    },
  })
  await node.customers.retrieve('eve').catch(() => {})
  await fetch(`${recorder.url}/api/v1/customers`)
  await node.customers.retrieveBilling('ada@studio.test')
}

it('replays a recorded conversation without differences against a new server', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await record(file)
  expect(await replay(file)).toEqual({ agrees: true, output: '11 of 11 steps agree\n' })
})

it('replays a recording of every operation without differences', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await using studio = await startStudio()
  await using recorder = await startRecorder({ file, against: studio.url })
  await callEveryOperation(studio, {
    url: recorder.url,
    onPaid: (id) =>
      fetch(`${recorder.url}/__ops/complete-checkout`, { method: 'POST', body: JSON.stringify({ id }) }),
  })
  const { data: products } = await studio.node.products.list({ limit: '100' })
  for (const { id } of products)
    await fetch(`${recorder.url}/api/v1/products/${id}`, { headers: { authorization: studio.key } })
  const { length } = readTranscript(file)
  expect(await replay(file)).toEqual({ agrees: true, output: `${length} of ${length} steps agree\n` })
}, 180_000)

it('replays the pages of a list with the cursors of the new server', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await using studio = await startStudio()
  await using recorder = await startRecorder({ file, against: studio.url })
  const node = new Flowglad({ baseURL: recorder.url, apiKey: studio.key, maxRetries: 0 })
  for (const externalId of ['ada', 'bob', 'eve'])
    await node.customers.create({
      customer: { externalId, name: externalId, email: `${externalId}@studio.test` },
    })
  const { nextCursor } = await node.customers.list({ limit: '2' })
  const { data } = await node.customers.list({ cursor: nextCursor ?? '' })
  expect(data).toHaveLength(1)
  expect(await replay(file)).toEqual({ agrees: true, output: '7 of 7 steps agree\n' })
})

it('replays the content types of requests without a body and of bodies that are not JSON', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await using studio = await startStudio()
  await using recorder = await startRecorder({ file, against: studio.url })
  for (const [method, path, type, body] of [
    ['POST', 'subscriptions/x/uncancel', null, null],
    ['POST', 'subscriptions/x/uncancel', 'application/json', null],
    ['DELETE', 'customers/x', null, null],
    ['DELETE', 'customers/x', 'application/json', null],
    ['POST', 'customers', 'text/plain', '{}'],
    ['POST', 'customers', 'application/json', '{}'],
  ] as const)
    await fetch(`${recorder.url}/api/v1/${path}`, {
      method,
      headers: { authorization: studio.key, ...(type && { 'content-type': type }) },
      body,
    })
  expect(
    readTranscript(file)
      .slice(2)
      .map(({ status, requestType }) => [status, requestType]),
  ).toEqual([
    [415, null],
    [500, undefined],
    [415, null],
    [404, undefined],
    [415, 'text/plain'],
    [400, undefined],
  ])
  expect(await replay(file)).toEqual({ agrees: true, output: '8 of 8 steps agree\n' })
})

it('replays a conversation repeatedly against a server that already has its customers', async () => {
  await using directory = await createDirectory()
  await using studio = await startStudio()
  const file = directory.file('conversation.json')
  await record(file)
  for (let run = 0; run < 2; run++)
    expect(await replay(file, { against: studio.url })).toEqual({
      agrees: true,
      output: '11 of 11 steps agree\n',
    })
})

it('records neither keys nor email addresses', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await record(file)
  expect(readFileSync(file, 'utf8')).not.toMatch(/sk_test_local|studio\.test/)
})

it('prints the path, the recorded value and the new value of each difference', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await record(file)
  const steps = readTranscript(file)
  const changed = readFileSync(file, 'utf8').replace('"amount": 7', '"amount": 8')
  writeFileSync(file, changed.replace('"code": "NOT_FOUND"', '"code": "GONE", "hint": 1'))
  expect(steps).toHaveLength(11)
  const { agrees, output } = await replay(file)
  expect(agrees).toBe(false)
  expect(output).toContain(
    `${file}, step 8: GET /api/v1/customers/eve\n    .code: expected "GONE", got "NOT_FOUND"\n    .hint: expected 1, got nothing\n`,
  )
  expect(JSON.parse((await replay(file, { json: true })).output)).toMatchObject({ steps: 11 })
})

it('exits with code 1 only if a response differs', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await record(file)
  await using same = await startProcess(directory.path, { args: ['--replay', file] })
  expect([await same.ended, same.output(), same.errors()]).toEqual([0, '11 of 11 steps agree\n', ''])
  writeFileSync(file, readFileSync(file, 'utf8').replace('"code": "NOT_FOUND"', '"code": "GONE"'))
  await using other = await startProcess(directory.path, { args: ['--replay', file] })
  expect([await other.ended, other.errors()]).toEqual([1, ''])
})

it("doesn't overwrite an earlier recording", async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  writeFileSync(file, '[]')
  await expect(startRecorder({ file, against: 'http://127.0.0.1:1' })).rejects.toThrow(
    `${file} already exists. Delete it or choose another file.`,
  )
})

it.each([
  ['in a missing folder', 'missing/conversation.json', 'ENOENT'],
  ['below a file', 'pricing.yaml/conversation.json', 'ENOTDIR'],
  ['with a name that is too long', 'x'.repeat(300), 'ENAMETOOLONG'],
])('reports an unwritable recording %s before the first request', async (_, name, code) => {
  await using directory = await createDirectory()
  const file = directory.file(name)
  await expect(startRecorder({ file, against: 'http://127.0.0.1:1' })).rejects.toThrow(
    `Cannot write ${file}: ${code}`,
  )
})

it('reports an empty file name in one line before the first request', async () => {
  await using directory = await createDirectory()
  const args = ['--record', '', '--against', 'http://127.0.0.1:1']
  await using recorder = await startProcess(directory.path, { args })
  expect([await recorder.ended, recorder.errors()]).toEqual([1, expect.stringMatching(/^Cannot write .+\n$/)])
})

it('leaves no file behind if there were no requests', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  for (let start = 0; start < 2; start++)
    await (await startRecorder({ file, against: 'http://127.0.0.1:1' })).close()
  expect(existsSync(file)).toBe(false)
})

it('reports an unreachable server once', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  const step = { method: 'GET', path: '/api/v1/customers', request: null, status: 200, response: {} }
  writeFileSync(file, JSON.stringify([step]))
  await expect(replay(file, { against: 'http://127.0.0.1:1' })).rejects.toThrow(
    /^Cannot reach http:\/\/127\.0\.0\.1:1: \S/,
  )
})

it('reports a missing conversation without a stack trace', async () => {
  await expect(replay('missing.json')).rejects.toThrow(/^Cannot read missing\.json: ENOENT/)
})

it('moves the clock by the time that passed between recorded steps', async () => {
  await using directory = await createDirectory()
  const file = directory.file('conversation.json')
  await record(file)
  const dayMs = 24 * 60 * 60 * 1000
  const steps = readTranscript(file)
  const late = steps.map((step, index) =>
    index === steps.length - 1 ? { ...step, at: (step.at ?? 0) + 40 * dayMs } : step,
  )
  writeFileSync(file, JSON.stringify(late))
  // The renewal adds an invoice that the recorded response doesn't contain.
  expect((await replay(file)).output).toContain('.invoices.length: expected 1, got 2')
})

it('moves the clock by the sum of short pauses', async () => {
  await using directory = await createDirectory()
  await using studio = await startStudio({ clock: () => 0 })
  const file = directory.file('conversation.json')
  const ping = { method: 'GET', path: '/api/v1/utils/ping', request: null, status: 200, response: {} }
  writeFileSync(
    file,
    JSON.stringify(Array.from({ length: 11 }, (_, index) => ({ ...ping, at: index * 50_000 }))),
  )
  const before = studio.now()
  await replay(file, { against: studio.url })
  // The replay's own duration counts toward the pauses, so the clock can move by less than 500 s.
  expect(studio.now() - before).toBeGreaterThan(490_000)
  expect(studio.now() - before).toBeLessThanOrEqual(500_000)
})

/** Starts a platform that returns each request's body and lists the requests. */
async function startEcho(headers: Record<string, string> = {}, status = 200) {
  const requests: string[] = []
  const server = createServer(async (request, reply) => {
    requests.push(`${request.method} ${request.headers.host}${request.url}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    reply
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(Buffer.concat(chunks).toString() || '{}')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    requests,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

it('removes email addresses and keys of any format from a recording', async () => {
  await using directory = await createDirectory()
  await using echo = await startEcho()
  const file = directory.file('conversation.json')
  await using recorder = await startRecorder({ file, against: echo.url })
  const addresses = [
    "o'hara@b.example",
    'jürgen@b.example',
    'x@bücher.example',
    'y+1@b.example',
    'z@localhost',
  ]
  for (const address of addresses) {
    await fetch(`${recorder.url}/api/v1/customers/${encodeURIComponent(address)}`, {
      method: 'PUT',
      headers: { authorization: 'unusual-key-1' },
      body: JSON.stringify({ email: address, [address]: 'unusual-key-1' }),
    })
  }
  const text = readFileSync(file, 'utf8')
  expect(text).not.toMatch(/hara|rgen|cher|y.?1@|localhost|unusual/)
  const steps = readTranscript(file).filter(({ method }) => method === 'PUT')
  expect(steps.map(({ path, request }) => [path, request])).toEqual(
    addresses.map((_, i) => {
      const person = `person${i + 1}@example.com`
      return [`/api/v1/customers/person${i + 1}%40example.com`, { email: person, [person]: 'sk_removed' }]
    }),
  )
})

it('forwards requests only to the platform', async () => {
  await using directory = await createDirectory()
  await using other = await startEcho()
  await using echo = await startEcho({ location: `${other.url}/elsewhere` }, 307)
  const file = directory.file('conversation.json')
  await using recorder = await startRecorder({ file, against: echo.url })
  const headers = { authorization: 'sk_test_local' }
  const redirected = await fetch(`${recorder.url}/api/v1/x`, { headers, redirect: 'manual' })
  expect(redirected.status).toBe(307)
  const { hostname, port } = new URL(recorder.url)
  const asProxy = await new Promise<number | undefined>((answered, fail) => {
    get({ hostname, port, path: `${other.url}/x`, headers }, ({ statusCode }) => answered(statusCode)).once(
      'error',
      fail,
    )
  })
  expect(asProxy).toBe(502)
  expect(other.requests).toEqual([])
  expect(echo.requests.every((request) => request.startsWith(`GET 127.0.0.1:${echo.port}/`))).toBe(true)
})

it('replays a conversation whose external ID contains spaces against a server that already has its customer', async () => {
  await using directory = await createDirectory()
  await using studio = await startStudio()
  const file = directory.file('conversation.json')
  {
    await using recorder = await startRecorder({ file, against: studio.url })
    const node = new Flowglad({ baseURL: recorder.url, apiKey: studio.key, maxRetries: 0 })
    await node.customers.create({ customer: { externalId: 'ada l+ü', name: 'Ada', email: 'a@b.example' } })
    await node.customers.retrieve('ada l+ü')
  }
  expect(await replay(file, { against: studio.url })).toMatchObject({ agrees: true })
})
