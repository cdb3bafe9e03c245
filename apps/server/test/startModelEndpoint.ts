import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { createOpenAiModels } from '../src/studio/openAiModels.ts'

/** Starts an OpenAI-compatible endpoint that records its requests and responds as `answer` specifies. */
export async function startModelEndpoint() {
  const requests: { path: string; authorization: string | undefined; body: unknown }[] = []
  const answer = {
    status: 200,
    body: {} as unknown,
    stream: null as (() => AsyncIterable<string>) | null,
    /** The content type of a stream. */
    contentType: 'text/event-stream',
    /** Returns the error for a request that the endpoint rejects, or null. */
    rejection: (_: unknown): object | null => null,
    /** Runs before each response. */
    before: async (_prompt: string) => {},
    /** The status of a rejection. */
    rejectionStatus: 400,
  }
  let closed = 0
  const app = Fastify({ forceCloseConnections: true })
  app.post('/v1/*', async (request, reply) => {
    requests.push({ path: request.url, authorization: request.headers.authorization, body: request.body })
    await answer.before(JSON.stringify(request.body))
    const rejection = answer.rejection(request.body)
    if (rejection) return reply.code(answer.rejectionStatus).send(rejection)
    if (!answer.stream) return reply.code(answer.status).send(answer.body)
    reply.hijack()
    reply.raw.writeHead(answer.status, { 'content-type': answer.contentType })
    reply.raw.on('close', () => closed++)
    try {
      for await (const piece of answer.stream()) {
        if (reply.raw.destroyed) break
        reply.raw.write(piece)
      }
      reply.raw.end()
    } catch {
      // Break the connection once the pieces have been sent.
      reply.raw.write('', () => reply.raw.destroy())
    }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/v1`
  const models = createOpenAiModels({
    baseUrl: url,
    apiKey: 'sk-own',
    imageModel: 'dall-e-3',
    textModel: 'gpt-4o-mini',
    latencyMs: 0,
  })
  return { url, requests, answer, models, closed: () => closed, [Symbol.asyncDispose]: () => app.close() }
}

/** Returns an event that contains a piece of a text. */
export const data = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`

/** The event that ends a text. */
export const finish = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'

/** A picture of one pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
