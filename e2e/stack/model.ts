import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

/**
 * A model that speaks as OpenAI's does and works when it is told to: a test decides when work is done, breaks or goes on, so that none has to
 * wait for a while.
 */
export interface Model extends AsyncDisposable {
  /** What `OPENAI_BASE_URL` is set to. */
  url: string
  /** From now on pictures are begun and not finished. */
  pause(): void
  /** Pictures begun and not finished. */
  painting(): number
  /** Finishes every begun picture, and those to come at once. */
  resume(): void
  /** Every begun picture fails, and so do those to come. */
  fail(): void
  /** Texts that somebody is reading. */
  writing(): number
  /** Goes on with every text. A word is passed on once the next one, or the end, has come. */
  say(words: string): void
  /** Ends every text. */
  end(): void
  /** Breaks off in the middle of every text. */
  breakOff(): void
  /** As new, for the next test. */
  reset(): void
}

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export async function startModel(): Promise<Model> {
  let pictures: 'finish' | 'wait' | 'fail' = 'finish'
  const begun = new Set<ServerResponse>()
  const texts = new Set<ServerResponse>()

  function finish(response: ServerResponse) {
    begun.delete(response)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ created: 0, data: [{ b64_json: png }] }))
  }
  function fail(response: ServerResponse) {
    begun.delete(response)
    response.writeHead(500, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: 'Out of paint', type: 'server_error', code: null } }))
  }

  const server = createServer((request, response) => {
    request.resume()
    if (request.url?.endsWith('/chat/completions')) {
      texts.add(response)
      response.once('close', () => texts.delete(response))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      return void response.flushHeaders()
    }
    begun.add(response)
    response.once('close', () => begun.delete(response))
    if (pictures === 'finish') finish(response)
    if (pictures === 'fail') fail(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')

  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    pause: () => {
      pictures = 'wait'
    },
    painting: () => begun.size,
    resume() {
      pictures = 'finish'
      for (const response of begun) finish(response)
    },
    fail() {
      pictures = 'fail'
      for (const response of begun) fail(response)
    },
    writing: () => texts.size,
    say(words) {
      const piece = JSON.stringify({ choices: [{ delta: { content: words } }] })
      for (const response of texts) response.write(`data: ${piece}\n\n`)
    },
    end() {
      for (const response of texts) response.end('data: [DONE]\n\n')
    },
    breakOff() {
      for (const response of texts) response.destroy()
    },
    reset() {
      pictures = 'finish'
      for (const response of [...begun, ...texts]) response.destroy()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
