import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

/**
 * A server with the parts of OpenAI's API that the app uses. Tests decide when the model's work pauses,
 * finishes or fails, so tests don't depend on timing.
 */
export interface Model extends AsyncDisposable {
  /** The value for `OPENAI_BASE_URL`. */
  url: string
  /** Keeps all later pictures in progress. */
  pausePictures(): void
  /** Returns the number of pictures in progress. */
  picturesInProgress(): number
  /** Finishes all pictures in progress and, from then on, each picture immediately. */
  finishPictures(): void
  /** Fails all pictures in progress and, from then on, each picture immediately. */
  failPictures(): void
  /** Returns the number of open text responses. */
  textsInProgress(): number
  /**
   * Sends words on every open text response. The app's server forwards a word only after the next word or the
   * end of the text arrives.
   */
  streamWords(words: string): void
  /**
   * Completes every open text response. The model reports `tokens` as its token count, or no count by default.
   */
  endTexts(options?: { tokens: number }): void
  /** Closes the connection of every open text response before the text ends. */
  breakTexts(): void
  /** Returns to the initial state: drops all work and finishes later pictures immediately. */
  reset(): void
}

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export async function startModel(): Promise<Model> {
  let onPicture: 'finish' | 'pause' | 'fail' = 'finish'
  const pictures = new Set<ServerResponse>()
  const texts = new Set<ServerResponse>()

  function finish(response: ServerResponse) {
    pictures.delete(response)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ created: 0, data: [{ b64_json: png }] }))
  }
  function fail(response: ServerResponse) {
    pictures.delete(response)
    response.writeHead(500, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: 'Internal error', type: 'server_error', code: null } }))
  }

  const server = createServer((request, response) => {
    request.resume()
    if (request.url?.endsWith('/chat/completions')) {
      texts.add(response)
      response.once('close', () => texts.delete(response))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      return void response.flushHeaders()
    }
    pictures.add(response)
    response.once('close', () => pictures.delete(response))
    if (onPicture === 'finish') finish(response)
    if (onPicture === 'fail') fail(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The model server has no port.')

  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    pausePictures() {
      onPicture = 'pause'
    },
    picturesInProgress: () => pictures.size,
    finishPictures() {
      onPicture = 'finish'
      for (const response of pictures) finish(response)
    },
    failPictures() {
      onPicture = 'fail'
      for (const response of pictures) fail(response)
    },
    textsInProgress: () => texts.size,
    streamWords(words) {
      const chunk = JSON.stringify({ choices: [{ delta: { content: words } }] })
      for (const response of texts) response.write(`data: ${chunk}\n\n`)
    },
    endTexts(options) {
      const usage = options ? { completion_tokens: options.tokens } : null
      const chunk = JSON.stringify({ choices: [], usage })
      for (const response of texts) response.end(`data: ${chunk}\n\ndata: [DONE]\n\n`)
    },
    breakTexts() {
      for (const response of texts) response.destroy()
    },
    reset() {
      onPicture = 'finish'
      for (const response of [...pictures, ...texts]) response.destroy()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
