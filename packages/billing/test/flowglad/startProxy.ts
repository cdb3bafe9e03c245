import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to a request on its way; `undefined` lets it through. */
export type Fault =
  | { state: 'refused' }
  /** The platform gets it, its answer is lost. */
  | { state: 'answerLost' }
  /** A gateway's own error page. */
  | { state: 'page'; status: number }
  | { state: 'json'; status: number; body: unknown; after?: Promise<void> }
  /** Nothing comes until `release`. */
  | { state: 'held'; until: Promise<void> }
  /** The platform gets it at once; its answer comes after `release`, and is old by then. */
  | { state: 'answerHeld'; until: Promise<void> }
  /** Headers come, the body never ends. */
  | { state: 'bodyStalls' }

export interface Passing {
  method: string
  path: string
  body: string
}

/** A proxy between the app and Flowglad that breaks as it is told, and remembers what passed. */
export async function startProxy(target: string) {
  const seen: Passing[] = []
  let fault: (passing: Passing) => Fault | undefined = () => undefined
  const { hostname, port } = new URL(target)

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const passing = { method: request.method ?? '', path: request.url ?? '', body: body.toString() }
    seen.push(passing)
    const broken = fault(passing)
    switch (broken?.state) {
      case undefined:
        return pass(request, response, body)
      case 'answerLost':
        return pass(request, response, body, { lose: true })
      case 'answerHeld':
        return pass(request, response, body, { after: broken.until })
      case 'refused':
        return response.destroy()
      case 'page':
        return response.writeHead(broken.status, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
      case 'json':
        await broken.after
        return response
          .writeHead(broken.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(broken.body))
      case 'held':
        await broken.until
        return pass(request, response, body)
      case 'bodyStalls':
        return response.writeHead(200, { 'content-type': 'application/json' }).write('{"customer":')
      default:
        broken satisfies never
    }
  })

  function pass(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    { lose = false, after }: { lose?: boolean; after?: Promise<void> } = {},
  ) {
    const upstream = forward(
      { hostname, port, method: request.method, path: request.url, headers: request.headers },
      async (answer) => {
        await after
        if (lose) {
          answer.resume()
          answer.on('end', () => response.destroy())
          return
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    upstream.on('error', () => response.destroy())
    upstream.end(body)
  }

  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port: ownPort } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${ownPort}`,
    seen,
    /** How many requests to a path have come. */
    count: (path: RegExp) => seen.filter((passing) => path.test(passing.path)).length,
    breakWith(next: (passing: Passing) => Fault | undefined) {
      fault = next
    },
    mend() {
      fault = () => undefined
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
