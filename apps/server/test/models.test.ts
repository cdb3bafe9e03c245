import { describe, expect, test } from 'vitest'
import { compose } from '../src/studio/compose.ts'
import { createLocalModels } from '../src/studio/localModels.ts'
import { tokensOf } from '../src/studio/tokens.ts'
import { all, of } from './asyncLists.ts'
import { data, finish, png, startModelEndpoint } from './startModelEndpoint.ts'

describe('local models', () => {
  const models = createLocalModels({ latencyMs: 0 })

  test('local models write the same text for the same prompt and mention its subject', async () => {
    const request = { prompt: 'Write a short letter about the lighthouse keeper', maxTokens: 2_000 }
    const text = (await all(models.write(request))).join('')
    expect(text).toBe([...compose(request.prompt)].join(''))
    expect(text).toContain('the lighthouse keeper')
    expect(text).not.toContain('{')
    expect(tokensOf(text).length).toBeGreaterThan(80)
    expect((await all(models.write({ ...request, maxTokens: 7 }))).join('')).toBe(
      tokensOf(text).slice(0, 7).join(''),
    )
  })

  test('local models deny prompts with the word “forbidden” but not with longer words that contain it', async () => {
    const denied = { code: 'UNPROCESSABLE_CONTENT' }
    await expect(models.paint({ prompt: 'A FORBIDDEN door', index: 0, hd: false })).rejects.toMatchObject(
      denied,
    )
    await expect(all(models.write({ prompt: 'forbidden.', maxTokens: 5 }))).rejects.toMatchObject(denied)
    const painted = await models.paint({ prompt: 'unforbiddenly', index: 0, hd: true })
    expect(painted).toMatchObject({ contentType: 'image/svg+xml', size: 1024 })
  })
})

describe('OpenAI-compatible models', () => {
  const request = { prompt: 'a boat', index: 0, hd: false }

  test("returns the endpoint's PNG unchanged", async () => {
    await using it = await startModelEndpoint()
    it.answer.body = { created: 1, data: [{ b64_json: png.toString('base64') }] }
    expect(await it.models.paint(request)).toEqual({ file: png, contentType: 'image/png', size: 1 })
    expect(it.requests).toEqual([
      {
        path: '/v1/images/generations',
        authorization: 'Bearer sk-own',
        body: { model: 'dall-e-3', prompt: 'a boat', n: 1, size: '1024x1024', response_format: 'b64_json' },
      },
    ])
  })

  test('reports a denied prompt as a content policy error and any other failure as an unavailable model', async () => {
    await using it = await startModelEndpoint()
    const cases = [
      [
        400,
        { error: { code: 'content_policy_violation', type: 'invalid_request_error' } },
        'UNPROCESSABLE_CONTENT',
      ],
      [400, { error: { code: 'invalid_size' } }, 'SERVICE_UNAVAILABLE'],
      [401, { error: { code: 'invalid_api_key' } }, 'SERVICE_UNAVAILABLE'],
      [429, { error: { type: 'rate_limit' } }, 'SERVICE_UNAVAILABLE'],
      [500, 'oops', 'SERVICE_UNAVAILABLE'],
      [200, { data: [] }, 'SERVICE_UNAVAILABLE'],
      [200, { data: [{ b64_json: Buffer.from('GIF89a').toString('base64') }] }, 'SERVICE_UNAVAILABLE'],
    ] as const
    for (const [status, body, code] of cases) {
      Object.assign(it.answer, { status, body })
      await expect(it.models.paint(request), `${status} ${JSON.stringify(body)}`).rejects.toMatchObject({
        code,
      })
    }
    const requests = it.requests.length
    await expect(it.models.paint({ ...request, prompt: 'forbidden' })).rejects.toMatchObject({
      code: 'UNPROCESSABLE_CONTENT',
    })
    expect(it.requests).toHaveLength(requests)
  })

  test('streams the text as Studio tokens, regardless of where the chunks split the events', async () => {
    await using it = await startModelEndpoint()
    const events = [
      data('The se'),
      data('a is'),
      data(' wide.'),
      'data: {"choices":[]}\n\n',
      'data: [DONE]\n\n',
    ].join('')
    it.answer.stream = () => of(events.slice(0, 20), events.slice(20, 75), events.slice(75))
    expect(await all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).toEqual([
      'The ',
      'sea ',
      'is ',
      'wide.',
    ])
    expect(it.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: { stream: true, messages: [{ role: 'user', content: 'the sea' }] },
    })
  })

  test("skips events without text and doesn't require [DONE] after a finish reason", async () => {
    await using it = await startModelEndpoint()
    const events = [
      ': a comment\n\n',
      'event: ping\ndata: {}\n\n',
      'data: not JSON\n\n',
      'data: {"object":"something.new"}\n\n',
      'data: {"choices":[{"index":0}]}\n\n',
      'data: {"choices":[{"delta":null}]}\n\n',
      data('The '),
      'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}\n\n',
      data('sea'),
      finish,
      'data: {"choices":[],"usage":{"completion_tokens":2}}\n\n',
    ]
    it.answer.stream = () => of(...events)
    expect(await all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).toEqual(['The ', 'sea'])
  })

  test.each([
    ['ends without a finish reason', [data('The sea is ')]],
    ['has the finish reason "error"', [data('The sea is '), finish.replace('stop', 'error')]],
    ['contains an error', [data('The sea is '), 'data: {"error":{"message":"overloaded"}}\n\n']],
    [
      'contains an error and malformed choices',
      [data('The sea is '), 'data: {"error":{"message":"overloaded"},"choices":[7]}\n\n', 'data: [DONE]\n\n'],
    ],
  ])('reports an interrupted text without the endpoint’s message if the stream %s', async (_, events) => {
    await using it = await startModelEndpoint()
    it.answer.stream = () => of(...events)
    const received: string[] = []
    const reading = (async () => {
      for await (const token of it.models.write({ prompt: 'the sea', maxTokens: 50 })) received.push(token)
    })()
    await expect(reading).rejects.toThrow('The text was interrupted.')
    expect(received).toEqual(['The ', 'sea '])
    it.answer.stream = () => of(...events.slice(1))
    await expect(all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).rejects.toThrow(
      'Nothing was charged.',
    )
  })

  test('says that nothing was charged if a stream ends without text', async () => {
    await using it = await startModelEndpoint()
    it.answer.stream = () => of('data: [DONE]\n\n')
    await expect(all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).rejects.toThrow(
      'Nothing was charged.',
    )
  })

  test('reports a JSON error with status 200 as an unavailable model', async () => {
    await using it = await startModelEndpoint()
    it.answer.body = { error: { message: 'out of capacity' } }
    await expect(all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('Nothing was charged.'),
    })
  })

  test('uses max_completion_tokens for a model that rejects max_tokens', async () => {
    await using it = await startModelEndpoint()
    const error = { message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead." }
    it.answer.rejection = (body) => (JSON.stringify(body).includes('"max_tokens"') ? { error } : null)
    it.answer.stream = () => of(data('The sea'), finish)
    expect(await all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).toEqual(['The ', 'sea'])
    expect(it.requests.map(({ body }) => body)).toMatchObject([
      { max_tokens: 50 },
      { max_completion_tokens: 50 },
    ])
    expect(it.requests[1]?.body).not.toHaveProperty('max_tokens')
  })

  test.each([
    ['a finish reason', () => of(finish.replace('stop', 'content_filter'))],
    ['an error event', () => of('data: {"error":{"code":"content_policy_violation"},"choices":"?"}\n\n')],
    ['JSON with status 200', null],
  ])('reports a content refusal in %s as a content policy error', async (_, stream) => {
    await using it = await startModelEndpoint()
    it.answer.stream = stream
    it.answer.body = { error: { code: 'content_policy_violation' } }
    await expect(all(it.models.write({ prompt: 'the sea', maxTokens: 50 }))).rejects.toMatchObject({
      code: 'UNPROCESSABLE_CONTENT',
    })
  })

  test('closes the request when the reader disconnects or the limit is reached', async () => {
    await using it = await startModelEndpoint()
    async function* endless() {
      for (;;) {
        yield data('word ')
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    it.answer.stream = endless
    for await (const _ of it.models.write({ prompt: 'on and on', maxTokens: 1_000 })) break
    await expect.poll(it.closed).toBe(1)
    expect(await all(it.models.write({ prompt: 'on and on', maxTokens: 4 }))).toHaveLength(4)
    await expect.poll(it.closed).toBe(2)
  })

  test("doesn't say that nothing was charged if a text is interrupted after the first tokens", async () => {
    await using it = await startModelEndpoint()
    it.answer.stream = () => of(data('Once upon a '), 'data: {"choices":[{"delta"\n\n')
    const received: string[] = []
    const reading = (async () => {
      for await (const token of it.models.write({ prompt: 'a tale', maxTokens: 50 })) received.push(token)
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.not.stringContaining('Nothing was charged'),
    })
    expect(received).toEqual(['Once ', 'upon '])
  })
})
