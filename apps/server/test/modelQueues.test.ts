import { TRPCClientError } from '@trpc/client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { createLocalModels } from '../src/studio/localModels.ts'
import { queueModels } from '../src/studio/queuedModels.ts'
import { of } from './asyncLists.ts'
import { data, finish, png, startModelEndpoint } from './startModelEndpoint.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

const queue = {
  running: 2,
  runningPerCustomer: 1,
  waiting: 6,
  waitingPerCustomer: 3,
  maxWaitMs: 60_000,
  retryAfterMs: 700,
}

let endpoint: Awaited<ReturnType<typeof startModelEndpoint>>
let server: TestServer
beforeAll(async () => {
  endpoint = await startModelEndpoint()
  endpoint.answer.body = { data: [{ b64_json: png.toString('base64') }] }
  server = await startTestServer({
    env: { OPENAI_BASE_URL: endpoint.url },
    modelQueues: { pictures: queue, texts: { ...queue, maxMs: 60_000 } },
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await endpoint?.[Symbol.asyncDispose]()
})
afterEach(() => {
  endpoint.answer.before = async () => {}
  endpoint.answer.stream = null
  endpoint.requests.length = 0
})

/** Pauses the endpoint's work for prompts that contain “flood”. Returns a function that resumes the work. */
function pauseFlood(): () => void {
  let resume = () => {}
  const paused = new Promise<void>((resolve) => {
    resume = resolve
  })
  endpoint.answer.before = async (prompt) => {
    if (prompt.includes('flood')) await paused
  }
  return resume
}

const generate = (browser: Browser, prompt: string) => browser.call('studio.generate', { prompt, count: 1 })

async function balance(browser: Browser, meter: string) {
  const answer = await browser.call('billing.balances', {}, { method: 'GET' })
  return answer.data.balances.find((it: { meter: string }) => it.meter === meter)
}

const busy = {
  code: 'SERVICE_UNAVAILABLE',
  httpStatus: 503,
  billing: null,
  retryAfterMs: 700,
}

test("one customer's excess picture calls return 503 without a charge and don't block another customer", async () => {
  const [flooding, other] = [await signUp(server), await signUp(server)]
  const resume = pauseFlood()
  const flood = Array.from({ length: 10 }, (_, i) => generate(flooding, `flood ${i}`))
  await expect.poll(() => balance(flooding, 'generations')).toMatchObject({ held: 4, available: 6 })

  expect(await generate(other, 'a boat')).toMatchObject({ status: 200 })

  resume()
  const answers = await Promise.all(flood)
  const refused = answers.filter(({ status }) => status === 503)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(4)
  expect(refused).toHaveLength(6)
  for (const { error } of refused) {
    expect(error.data).toMatchObject(busy)
    expect(error.message).toContain('Nothing was charged')
  }
  expect(await balance(flooding, 'generations')).toMatchObject({ used: 4, held: 0, available: 6 })
  await expect
    .poll(async () => (await server.flowgladUsage(flooding.user.id)).used)
    .toEqual({ generations: 4 })
})

test('a refused call can be repeated with the same key', async () => {
  const browser = await signUp(server)
  const resume = pauseFlood()
  const flood = Array.from({ length: 4 }, (_, i) => generate(browser, `flood ${i}`))
  await expect.poll(() => balance(browser, 'generations')).toMatchObject({ held: 4 })
  const input = { prompt: 'a boat', count: 1 }
  const options = { headers: { 'idempotency-key': 'again' } }
  expect((await browser.call('studio.generate', input, options)).status).toBe(503)
  resume()
  await Promise.all(flood)
  expect((await browser.call('studio.generate', input, options)).status).toBe(200)
  expect(await balance(browser, 'generations')).toMatchObject({ used: 5, held: 0 })
})

test("a waiting caller that disconnects frees its place, isn't charged and causes no request to a model", async () => {
  const browser = await signUp(server)
  const resume = pauseFlood()
  const running = generate(browser, 'flood')
  await expect.poll(() => endpoint.requests.length).toBe(1)
  const leaving = new AbortController()
  const abandoned = Array.from({ length: 3 }, () =>
    browser
      .fetch('/trpc/studio.generate', {
        method: 'POST',
        body: JSON.stringify({ prompt: 'abandoned', count: 1 }),
        signal: leaving.signal,
      })
      .catch(({ name }: Error) => name),
  )
  await expect.poll(() => balance(browser, 'generations')).toMatchObject({ held: 4 })
  leaving.abort()
  expect(await Promise.all(abandoned)).toEqual(['AbortError', 'AbortError', 'AbortError'])
  await expect.poll(() => balance(browser, 'generations')).toMatchObject({ held: 1, used: 0 })

  const next = generate(browser, 'next')
  resume()
  expect([(await running).status, (await next).status]).toEqual([200, 200])
  expect(JSON.stringify(endpoint.requests)).not.toContain('abandoned')
  expect(await balance(browser, 'generations')).toMatchObject({ used: 2, held: 0 })
})

test("a reader that disconnects before the text starts frees its place, isn't charged and causes no request to a model", async () => {
  const browser = await signUp(server)
  const resume = pauseFlood()
  endpoint.answer.stream = async function* () {
    yield* [data('The sea'), finish]
  }
  const running = readText(browser, 'flood')
  await expect.poll(() => endpoint.requests.length).toBe(1)
  const leaving = new AbortController()
  const abandoned = Array.from({ length: 3 }, () =>
    readText(browser, 'abandoned', leaving.signal).catch(() => 'left'),
  )
  await expect.poll(() => balance(browser, 'tokens')).toMatchObject({ held: 4 * 50 })
  leaving.abort()
  expect(await Promise.all(abandoned)).toEqual(['left', 'left', 'left'])
  await expect.poll(() => balance(browser, 'tokens')).toMatchObject({ held: 50, used: 0 })
  resume()
  expect(await running).toBe('The sea')
  expect(JSON.stringify(endpoint.requests)).not.toContain('abandoned')
  expect(await balance(browser, 'tokens')).toMatchObject({ used: 2, held: 0 })
})

test("one customer's excess text calls return 503 without a charge and don't block another customer", async () => {
  const [flooding, other] = [await signUp(server), await signUp(server)]
  const resume = pauseFlood()
  endpoint.answer.stream = async function* () {
    yield* [data('The sea'), finish]
  }
  const flood = Array.from({ length: 8 }, (_, i) =>
    readText(flooding, `flood ${i}`).catch((error: unknown) =>
      error instanceof TRPCClientError ? error.data : error,
    ),
  )
  await expect.poll(() => balance(flooding, 'tokens')).toMatchObject({ held: 4 * 50 })
  expect(await readText(other, 'the sea')).toBe('The sea')
  resume()
  const answers = await Promise.all(flood)
  expect(answers.filter((it) => it === 'The sea')).toHaveLength(4)
  expect(answers.filter((it) => it !== 'The sea')).toEqual(
    Array.from({ length: 4 }, () => expect.objectContaining(busy)),
  )
  expect(await balance(flooding, 'tokens')).toMatchObject({ used: 4 * 2, held: 0 })
})

test('interrupts a text that takes too long, frees its place and charges only for the received words', async () => {
  const texts = { ...queue, maxMs: 300 }
  await using server = await startTestServer({
    env: { OPENAI_BASE_URL: endpoint.url },
    modelQueues: { pictures: queue, texts },
  })
  const browser = await signUp(server)
  endpoint.answer.stream = async function* () {
    yield data('The sea is ')
    await new Promise(() => {})
  }
  let received = 0
  const reading = (async () => {
    const text = await browser.api.studio.write.mutate({ prompt: 'the sea', maxTokens: 50 })
    for await (const _ of text) received++
  })()
  await expect(reading).rejects.toThrow('The text was interrupted.')
  expect(await balance(browser, 'tokens')).toMatchObject({ used: received, held: 0 })
  const next = readText(browser, 'the sea').catch(() => 'interrupted')
  await expect.poll(() => endpoint.requests.length).toBe(2)
  expect(await next).toBe('interrupted')
})

async function readText(browser: Browser, prompt: string, signal?: AbortSignal): Promise<string> {
  let text = ''
  const request = { prompt, maxTokens: 50 }
  for await (const token of await browser.api.studio.write.mutate(request, signal ? { signal } : {}))
    text += token
  return text
}

test('a generation occupies its queue slot until its pictures are stored', async () => {
  const models = queueModels(createLocalModels({ latencyMs: 0 }), {
    pictures: queue,
    texts: { ...queue, maxMs: 1 },
  })
  let [stored, store] = [0, () => {}]
  const written = new Promise<void>((resolve) => {
    store = resolve
  })
  const paint = () =>
    models.paint({ customer: 'ada' }, [{ prompt: 'a boat', index: 0, hd: false }], () => {
      stored++
      return written
    })
  const generations = [paint(), paint()]
  // Bob's turn comes after Ada's first generation has been painted.
  await models.paint({ customer: 'bob' }, [{ prompt: 'a boat', index: 0, hd: false }], async () => {})
  expect(stored).toBe(1)
  store()
  await Promise.all(generations)
  expect(stored).toBe(2)
})

test('the server handles other events between two pictures of the local painter', async () => {
  const models = createLocalModels({ latencyMs: 0 })
  let events = 0
  const eventsBefore = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      await models.paint({ prompt: 'the wind', index, hd: true })
      setImmediate(() => events++)
      return events
    }),
  )
  expect(eventsBefore).toEqual([0, 0, 1, 2, 3, 4, 5, 6])
})

test('the server handles other events while a model sends a whole text in one piece', async () => {
  const { paint } = createLocalModels({ latencyMs: 0 })
  const write = () => of(...Array.from({ length: 1_000 }, () => 'word '))
  const models = queueModels({ paint, write })
  let tokensAtOnce = 0
  let longest = 0
  const read = async (customer: string) => {
    for await (const _ of models.write({ customer }, { prompt: 'words', maxTokens: 1_000 })) {
      if (++tokensAtOnce === 1) setImmediate(() => (tokensAtOnce = 0))
      longest = Math.max(longest, tokensAtOnce)
    }
  }
  await Promise.all(['ada', 'bob', 'cy'].map(read))
  // The three texts start at the same time, so their first tokens can arrive without a pause between them.
  expect(longest).toBeLessThanOrEqual(3 * limits.tokensAtOnce)
})

test("one customer can't occupy all running slots or all waiting slots", () => {
  for (const { running, runningPerCustomer, waiting, waitingPerCustomer } of Object.values(
    limits.modelQueues,
  )) {
    expect(runningPerCustomer).toBeLessThan(running)
    expect(waitingPerCustomer).toBeLessThan(waiting)
  }
})
