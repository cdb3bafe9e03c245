import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'

/** What the network between the server and Flowglad does to a request. */
type Trouble =
  /** The connection breaks before Flowglad sees the request. */
  | 'unreachable'
  /** Flowglad does the work, the answer is lost. */
  | 'loseAnswer'
  /** Nothing ever comes back. */
  | 'hang'
  /** Flowglad answers with a 500 of its own. */
  | 'fail'

export interface Network extends AsyncDisposable {
  url: string
  /** Troubles requests whose path contains `path`, until `heal`. */
  trouble(path: string, trouble: Trouble): void
  heal(): void
  /** How often a path containing this was asked for. */
  count(path: string): number
}

/** Stands between the server and Flowglad, so that a test can take the network away. */
export async function startNetwork(target: string): Promise<Network> {
  const troubles = new Map<string, Trouble>()
  const seen: string[] = []
  const to = new URL(target)

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, answer: boolean) => {
    const onward = forward(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (response) => {
        if (!answer) return void response.resume().once('end', () => outgoing.destroy())
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      },
    )
    onward.once('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/'
    seen.push(path)
    const trouble = [...troubles].find(([part]) => path.includes(part))?.[1]
    switch (trouble) {
      case undefined:
        return pass(incoming, outgoing, true)
      case 'loseAnswer':
        return pass(incoming, outgoing, false)
      case 'unreachable':
        return void outgoing.destroy()
      case 'hang':
        return void incoming.resume()
      case 'fail':
        incoming.resume()
        outgoing.writeHead(500, { 'content-type': 'application/json' })
        return void outgoing.end(
          JSON.stringify({ error: 'Out of order', code: 'INTERNAL_SERVER_ERROR', request_id: '00000000' }),
        )
      default:
        trouble satisfies never
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')

  return {
    url: `http://127.0.0.1:${address.port}`,
    trouble: (path, trouble) => void troubles.set(path, trouble),
    heal: () => troubles.clear(),
    count: (path) => seen.filter((it) => it.includes(path)).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
