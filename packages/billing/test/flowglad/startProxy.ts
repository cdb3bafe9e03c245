import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the proxy breaks a request. */
export type Fault =
  | { state: 'refused' }
  /** Flowglad gets the request, but its response is lost. */
  | { state: 'answerLost' }
  /** A gateway returns its own HTML page. Flowglad doesn't get the request. */
  | { state: 'page'; status: number }
  | { state: 'json'; status: number; body: unknown; after?: Promise<void> }
  /** Flowglad handles the request, but the proxy returns this error to billing. */
  | { state: 'handledButFails'; status: number; body: unknown }
  /** The proxy forwards the request when `until` resolves. */
  | { state: 'held'; until: Promise<void> }
  /**
   * The proxy forwards the request immediately, but holds Flowglad's response until `until` resolves. The response
   * can then be outdated. If `until` is a function, the proxy calls it when Flowglad has responded, and waits for
   * its promise.
   */
  | { state: 'answerHeld'; until: Promise<void> | (() => Promise<void>) }
  /** The proxy sends a response whose body never ends. Flowglad doesn't get the request. */
  | { state: 'bodyStalls' }
  /** Flowglad handles the request, but the connection closes after half of the response's body. */
  | { state: 'bodyCut' }
  /** Flowglad gets the request twice. The proxy returns the second response. */
  | { state: 'duplicated' }

export interface Passing {
  method: string
  path: string
  body: string
}

/**
 * Starts a proxy between billing and Flowglad. With `breakWith`, a test chooses how requests fail.
 *
 * @param records Whether to keep the requests in `seen`. Pass false for long runs, because `seen` grows with each
 * request.
 */
export async function startProxy(target: string, { records = true }: { records?: boolean } = {}) {
  const seen: Passing[] = []
  let fault: (passing: Passing) => Fault | undefined = () => undefined
  const { hostname, port } = new URL(target)

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const passing = { method: request.method ?? '', path: request.url ?? '', body: body.toString() }
    if (records) seen.push(passing)
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
        return answerWith(broken, response)
      case 'handledButFails':
        return pass(request, response, body, { instead: broken })
      case 'held':
        await broken.until
        return pass(request, response, body)
      case 'bodyCut':
        return pass(request, response, body, { cut: true })
      case 'duplicated':
        return pass(request, response, body, { twice: true })
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
    {
      lose = false,
      cut = false,
      twice = false,
      after,
      instead,
    }: {
      lose?: boolean
      cut?: boolean
      twice?: boolean
      after?: Promise<void> | (() => Promise<void>)
      instead?: { status: number; body: unknown }
    } = {},
  ) {
    const upstream = forward(
      { hostname, port, method: request.method, path: request.url, headers: request.headers },
      async (answer) => {
        // If Flowglad is killed while it sends a response, break billing's connection too.
        answer.on('error', () => response.destroy())
        await (typeof after === 'function' ? after() : after)
        if (twice) {
          answer.resume()
          answer.on('end', () => pass(request, response, body))
          return
        }
        if (cut) {
          const text = Buffer.concat(await answer.toArray().catch(() => []))
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          response.write(text.subarray(0, text.length / 2), () => response.destroy())
          return
        }
        if (lose || instead) {
          answer.resume()
          answer.on('end', () => (instead ? answerWith(instead, response) : response.destroy()))
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
    /** Counts the requests whose path matches. */
    count: (path: RegExp) => seen.filter((passing) => path.test(passing.path)).length,
    breakWith(next: (passing: Passing) => Fault | undefined) {
      fault = next
    },
    mend() {
      fault = () => undefined
    },
    /** Holds each request whose path matches until the returned function is called. */
    hold(path: RegExp) {
      const { promise, resolve } = withResolver()
      fault = (passing) => (path.test(passing.path) ? { state: 'held', until: promise } : undefined)
      return resolve
    },
    /** Holds the response to each request whose path matches until the returned function is called. */
    holdAnswers(path: RegExp) {
      const { promise, resolve } = withResolver()
      fault = (passing) => (path.test(passing.path) ? { state: 'answerHeld', until: promise } : undefined)
      return resolve
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const answerWith = ({ status, body }: { status: number; body: unknown }, response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

function withResolver() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve: () => resolve() }
}
