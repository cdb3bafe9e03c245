import { describe, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { eventData } from '../src/studio/eventData.ts'
import { all, of } from './asyncLists.ts'
import { data, finish, startModelEndpoint } from './startModelEndpoint.ts'

const request = { prompt: 'the sea', maxTokens: 50 }

/** Returns a stream that sends one endless line and counts its characters. */
function endlessLine(start: string) {
  const sent = { characters: 0 }
  async function* stream() {
    yield start
    const piece = 'x'.repeat(64 * 1024)
    for (; sent.characters < 1024 ** 3; sent.characters += piece.length) {
      yield piece
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { sent, stream }
}

describe('endless responses', () => {
  test.each([
    ['before the first text', '', 'Nothing was charged.', []],
    ['after the first text', data('The sea is '), 'The text was interrupted.', ['The ', 'sea ']],
  ])('an endless line %s fails the text and closes the request', async (_, start, message, tokens) => {
    await using it = await startModelEndpoint()
    for (const field of ['data: ', ': ', 'event: ']) {
      const { sent, stream } = endlessLine(start + field)
      it.answer.stream = stream
      const received: string[] = []
      const reading = (async () => {
        for await (const token of it.models.write(request)) received.push(token)
      })()
      await expect(reading).rejects.toThrow(message)
      expect(received).toEqual(tokens)
      await expect.poll(it.closed).toBeGreaterThan(0)
      expect(sent.characters).toBeLessThan(64 * limits.modelEventLength)
    }
  })

  test.each([
    ['a picture', 200, (it: Endpoint) => it.models.paint({ prompt: 'a boat', index: 0, hd: false })],
    ['an error', 500, (it: Endpoint) => it.models.paint({ prompt: 'a boat', index: 0, hd: false })],
    ['JSON instead of a text', 200, (it: Endpoint) => all(it.models.write(request))],
  ])('an endless response with %s fails the call and closes the request', async (_, status, call) => {
    await using it = await startModelEndpoint()
    const { sent, stream } = endlessLine('{"data":[{"b64_json":"')
    Object.assign(it.answer, { stream, status, contentType: 'application/json' })
    await expect(call(it)).rejects.toThrow('Nothing was charged.')
    await expect.poll(it.closed).toBe(1)
    expect(sent.characters).toBeLessThan(4 * limits.modelPictureBytes)
  })
})

test('a picture that is not valid base64 or has no width fails the call', async () => {
  await using it = await startModelEndpoint()
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').toString('base64')
  for (const b64_json of [`${signature}*${'A'.repeat(40)}`, signature]) {
    it.answer.body = { data: [{ b64_json }] }
    await expect(it.models.paint({ prompt: 'a boat', index: 0, hd: false })).rejects.toThrow(
      'Nothing was charged.',
    )
  }
})

test('1 MiB of newlines between events costs no tokens', async () => {
  await using it = await startModelEndpoint()
  it.answer.stream = () => of('\n'.repeat(1024 * 1024), data('The sea'), '\r\n\n', finish)
  expect(await all(it.models.write(request))).toEqual(['The ', 'sea'])
})

test('an event with 1 MiB of newlines is split into tokens of 20 newlines', async () => {
  await using it = await startModelEndpoint()
  it.answer.stream = () => of(data(`${'\n'.repeat(1024 * 1024)}sea`), finish)
  const tokens = await all(it.models.write({ ...request, maxTokens: 100_000 }))
  expect(tokens).toHaveLength(Math.ceil((1024 * 1024 + 3) / 20))
  expect(new Set(tokens.slice(0, -1))).toEqual(new Set(['\n'.repeat(20)]))
  expect(tokens.at(-1)).toMatch(/^\n*sea$/)
})

test('reading a long line in pieces of 8 bytes takes linear time', async () => {
  const content = 'x'.repeat(256 * 1024 - 5)
  const bytes = new TextEncoder().encode(`data:${content}\ndata:next`)
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + 8))
      at += 8
    },
  })
  expect(await all(eventData(body, 256 * 1024))).toEqual([content, 'next'])
}, 30_000)

type Endpoint = Awaited<ReturnType<typeof startModelEndpoint>>
