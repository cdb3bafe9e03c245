import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { data, finish, startModelEndpoint } from './startModelEndpoint.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let endpoint: Awaited<ReturnType<typeof startModelEndpoint>>
let server: TestServer
let browser: Browser
beforeAll(async () => {
  endpoint = await startModelEndpoint()
  server = await startTestServer({ env: { OPENAI_BASE_URL: endpoint.url } })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await endpoint?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  browser = await signUp(server)
  endpoint.requests.length = 0
  Object.assign(endpoint.answer, { rejection: () => null, rejectionStatus: 400 })
})

/** A text of four Studio tokens. */
const text = [data('The sea is'), data(' wide.')]
const event = (fields: object) => `data: ${JSON.stringify(fields)}\n\n`
const usage = (completionTokens: unknown) =>
  event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: completionTokens, total_tokens: 99 } })
const done = 'data: [DONE]\n\n'

function send(...events: string[]) {
  endpoint.answer.stream = async function* () {
    yield* events
  }
}

/** Reads a text to its end. Returns the text and the number of charged tokens that the server reports. */
async function write(maxTokens = 50) {
  const stream = await browser.api.studio.write.mutate({ prompt: 'the sea', maxTokens })
  const iterator = stream[Symbol.asyncIterator]()
  let text = ''
  for (;;) {
    const step = await iterator.next()
    if (step.done) return { text, reported: step.value }
    text += step.value
  }
}

async function balance() {
  const answer = await browser.call('billing.balances', {}, { method: 'GET' })
  return answer.data.balances.find(({ meter }: { meter: string }) => meter === 'tokens')
}

describe('charges', () => {
  test.each([
    ['fewer tokens than the estimate', 3],
    ['more tokens than the estimate', 17],
    ['as many tokens as the estimate', 4],
    ['as many tokens as the limit', 50],
  ])('charges the provider’s own count: %s', async (_, count) => {
    send(...text, finish, usage(count), done)
    expect(await write()).toEqual({ text: 'The sea is wide.', reported: { tokens: count } })
    expect(await balance()).toMatchObject({ used: count, held: 0 })
    await expect
      .poll(async () => (await server.flowgladUsage(browser.user.id)).used)
      .toEqual({ tokens: count })
  })

  test('charges the provider’s own count regardless of which events report it', async () => {
    const counted = { usage: { completion_tokens: 7 } }
    const last = { choices: [{ delta: { content: ' wide.' }, finish_reason: 'stop' }], ...counted }
    const streams = [
      [...text, event({ choices: [{ delta: {}, finish_reason: 'stop' }], ...counted }), done],
      [event({ choices: [{ delta: { content: 'The sea is' } }], usage: null }), event(last), done],
      [usage(0), ...text, finish, event(counted), done],
      [...text, finish, usage(7)],
      [...text, finish, usage(7), event({ choices: [], usage: null }), done],
      // Some endpoints report the count so far with each chunk of the text.
      [data('The sea is'), usage(3), data(' wide.'), usage(7), finish, done],
    ]
    for (const [index, stream] of streams.entries()) {
      send(...stream)
      expect(await write(), stream.join('')).toEqual({ text: 'The sea is wide.', reported: { tokens: 7 } })
      expect(await balance()).toMatchObject({ used: 7 * (index + 1), held: 0 })
    }
  })

  test.each([
    ['is missing', finish],
    ['is null', event({ choices: [], usage: null })],
    ['has another shape', event({ choices: [], usage: 7 })],
    ['has no count', event({ choices: [], usage: { total_tokens: 7 } })],
    ['has a null count', usage(null)],
    ['is negative', usage(-7)],
    ['is 0 even though text has arrived', usage(0)],
    ['is a string', usage('7')],
    ['is a fraction', usage(7.5)],
    ['is not a number', 'data: {"choices":[],"usage":{"completion_tokens":NaN}}\n\n'],
    ['is infinite', 'data: {"choices":[],"usage":{"completion_tokens":1e999}}\n\n'],
    ['was reported before the last text', `${usage(1)}${data(' wide.')}`],
  ])('charges the server’s count if the provider’s count %s', async (_, event) => {
    const pieces = event.includes(' wide.') ? [data('The sea is')] : text
    send(...pieces, event, finish, done)
    expect(await write()).toEqual({ text: 'The sea is wide.', reported: { tokens: 4 } })
    expect(await balance()).toMatchObject({ used: 4, held: 0 })
  })

  test('charges the server’s count if the connection breaks between the finish reason and the provider’s count', async () => {
    endpoint.answer.stream = async function* () {
      yield* [...text, finish]
      throw new Error('the connection breaks')
    }
    expect(await write()).toEqual({ text: 'The sea is wide.', reported: { tokens: 4 } })
    expect(await balance()).toMatchObject({ used: 4, held: 0 })
  })

  test('charges one token per 20 characters of a script without spaces unless the provider reports its own count', async () => {
    const japanese = '吾輩は猫である。名前はまだ無い。'.repeat(5)
    send(data(japanese), finish, done)
    expect(await write()).toEqual({ text: japanese, reported: { tokens: 4 } })
    send(data(japanese), finish, usage(46), done)
    expect(await write()).toEqual({ text: japanese, reported: { tokens: 46 } })
    expect(await balance()).toMatchObject({ used: 50, held: 0 })
  })

  test('never charges more than the limit that the customer chose', async () => {
    send(...text, finish, usage(2_000), done)
    expect(await write(10)).toEqual({ text: 'The sea is wide.', reported: { tokens: 10 } })
    expect(endpoint.requests[0]?.body).toMatchObject({ max_tokens: 10 })
    expect(await balance()).toMatchObject({ used: 10, held: 0 })
    send(...text, data(' And more.'), finish, usage(2_000), done)
    expect(await write(4)).toEqual({ text: 'The sea is wide. ', reported: { tokens: 4 } })
    expect(await balance()).toMatchObject({ used: 14, held: 0 })
  })

  test('charges the provider’s own count for a text that exactly reaches the limit', async () => {
    send(...text, finish, usage(3), done)
    expect(await write(4)).toEqual({ text: 'The sea is wide.', reported: { tokens: 3 } })
    expect(await balance()).toMatchObject({ used: 3, held: 0 })
  })

  test('charges the server’s count of the received text if the reader disconnects', async () => {
    const leaving = new AbortController()
    endpoint.answer.stream = async function* () {
      yield* [data('The sea is'), usage(900)]
      await new Promise((resolve) => leaving.signal.addEventListener('abort', resolve))
    }
    const request = { prompt: 'the sea', maxTokens: 1_000 }
    try {
      let tokens = 0
      for await (const _ of await browser.api.studio.write.mutate(request, { signal: leaving.signal })) {
        if (++tokens === 2) leaving.abort()
      }
    } catch (error) {
      expect(leaving.signal.aborted, String(error)).toBe(true)
    }
    await expect.poll(balance).toMatchObject({ used: 2, held: 0 })
  })

  test('charges the server’s count of the text received before generation fails', async () => {
    const failed = event({
      choices: [{ delta: {}, finish_reason: 'error' }],
      usage: { completion_tokens: 900 },
    })
    send(data('The sea is '), failed)
    await expect(write(1_000)).rejects.toThrow('charged only for the words that you received')
    expect(await balance()).toMatchObject({ used: 2, held: 0 })
    send(failed)
    await expect(write(1_000)).rejects.toThrow('Nothing was charged')
    expect(await balance()).toMatchObject({ used: 2, held: 0 })
  })

  test('charges nothing for a complete text without words', async () => {
    send(finish, usage(9), done)
    expect(await write()).toEqual({ text: '', reported: { tokens: 0 } })
    expect(await balance()).toMatchObject({ used: 0, held: 0 })
  })
})

describe('stream_options', () => {
  const refusal = (parameter: string) => ({ error: { message: `Unknown parameter: '${parameter}'.` } })
  const stream = { stream_options: { include_usage: true } }

  test('requests the provider’s count with each text', async () => {
    send(...text, finish, usage(7), done)
    await write()
    expect(endpoint.requests.map(({ body }) => body)).toEqual([expect.objectContaining(stream)])
  })

  test.each([
    [400, refusal('stream_options')],
    [400, refusal('stream_options.include_usage')],
    [422, { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'] }] }],
  ])(
    'repeats the request without stream_options if the endpoint rejects that parameter with %s %j',
    async (status, error) => {
      endpoint.answer.rejectionStatus = status
      endpoint.answer.rejection = (body) => (JSON.stringify(body).includes('"stream_options"') ? error : null)
      send(...text, finish, done)
      expect(await write()).toEqual({ text: 'The sea is wide.', reported: { tokens: 4 } })
      expect(endpoint.requests).toHaveLength(2)
      expect(endpoint.requests[1]?.body).not.toHaveProperty('stream_options')
    },
  )

  test.each([[['"stream_options"', '"max_tokens"']], [['"max_tokens"', '"stream_options"']]])(
    'changes both parameters if the endpoint rejects them one after the other: %j',
    async (names) => {
      const errors: Record<string, object> = {
        '"max_tokens"': { error: { message: "Use 'max_completion_tokens' instead of 'max_tokens'." } },
        '"stream_options"': refusal('stream_options'),
      }
      endpoint.answer.rejection = (body) => {
        const refused = names.find((name) => JSON.stringify(body).includes(name))
        return refused ? (errors[refused] ?? null) : null
      }
      send(...text, finish, done)
      expect(await write()).toEqual({ text: 'The sea is wide.', reported: { tokens: 4 } })
      expect(endpoint.requests).toHaveLength(3)
      expect(endpoint.requests[2]?.body).toMatchObject({ max_completion_tokens: 50, stream: true })
    },
  )

  test.each([
    ['stream_options twice', 400, 2],
    ['the request with status 500', 500, 1],
  ])('reports an unavailable model if the endpoint rejects %s', async (_, status, requests) => {
    endpoint.answer.rejectionStatus = status
    endpoint.answer.rejection = () => refusal('stream_options')
    await expect(write()).rejects.toThrow('Nothing was charged')
    expect(endpoint.requests).toHaveLength(requests)
    expect(await balance()).toMatchObject({ used: 0, held: 0 })
  })
})
