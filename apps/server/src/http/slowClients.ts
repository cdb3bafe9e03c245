import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

export interface SlowClientLimits {
  /** How long a request's headers can take to arrive. */
  headersMs: number
  /** How long a whole request can take to arrive, including its body. */
  requestMs: number
  /** How often the server checks for late requests. A request can exceed its limit by up to this time. */
  checkMs: number
  /** How long a connection without a request stays open. */
  idleMs: number
  /** How long a client can pause while it reads its response. */
  unreadMs: number
}

/**
 * Closes connections whose clients stop reading a response or don't send another request. Node closes
 * connections whose requests arrive too slowly (see `createHttpOptions`). The duration of a response, such as
 * a stream, isn't limited.
 */
export function closeSlowClients(
  app: FastifyInstance,
  { headersMs, checkMs, idleMs, unreadMs }: SlowClientLimits,
) {
  const connections = new WeakMap<Socket, { requests: number; idle?: NodeJS.Timeout }>()

  app.addHook('onRequest', async ({ raw: { socket } }, { raw: response }) => {
    // A request from Fastify's `inject` has no connection.
    if (!(socket instanceof Socket)) return
    const connection = connections.get(socket) ?? { requests: 0 }
    connections.set(socket, connection)
    connection.requests++
    clearTimeout(connection.idle)
    response.once('close', () => {
      connection.requests--
      // Node ignores line breaks between requests, so without this timer, a client could keep an idle
      // connection open by sending line breaks. The timer leaves enough time for a request that starts just
      // before `idleMs` has passed.
      if (connection.requests === 0) {
        connection.idle = setTimeout(() => socket.destroy(), idleMs + headersMs + checkMs).unref()
      }
    })

    socket.setTimeout(unreadMs)
    response.on('timeout', () => {
      if (socket.writableLength > 0) socket.destroy()
      else socket.setTimeout(unreadMs)
    })
  })
}
