import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'

export type Failure =
  /** The connection breaks before Flowglad receives the request. */
  | 'unreachable'
  /** Flowglad handles the request, but its response is lost. */
  | 'loseResponse'
  /** Neither a response nor an error arrives. */
  | 'hang'
  /** The response is a 500 in Flowglad's own error format. */
  | 'error'

export interface Network extends AsyncDisposable {
  url: string
  /** Makes requests whose path contains `path` fail until `restore` is called. */
  fail(path: string, failure: Failure): void
  restore(): void
}

/** Starts a proxy between the server and Flowglad. Tests use the proxy to simulate failed requests. */
export async function startNetwork(target: string): Promise<Network> {
  const failures = new Map<string, Failure>()
  const to = new URL(target)

  const pass = (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { loseResponse }: { loseResponse: boolean },
  ) => {
    const onward = forward(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (response) => {
        if (loseResponse) return void response.resume().once('end', () => outgoing.destroy())
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      },
    )
    onward.once('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/'
    const failure = [...failures].find(([part]) => path.includes(part))?.[1]
    switch (failure) {
      case undefined:
        return pass(incoming, outgoing, { loseResponse: false })
      case 'loseResponse':
        return pass(incoming, outgoing, { loseResponse: true })
      case 'unreachable':
        return void outgoing.destroy()
      case 'hang':
        return void incoming.resume()
      case 'error':
        incoming.resume()
        outgoing.writeHead(500, { 'content-type': 'application/json' })
        return void outgoing.end(
          JSON.stringify({ error: 'Internal error', code: 'INTERNAL_SERVER_ERROR', request_id: '00000000' }),
        )
      default:
        failure satisfies never
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy to Flowglad has no port.')

  return {
    url: `http://127.0.0.1:${address.port}`,
    fail: (path, failure) => void failures.set(path, failure),
    restore: () => failures.clear(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
