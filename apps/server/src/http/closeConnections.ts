import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../limits/limits.ts'

/**
 * Closes the connections of a server that has stopped listening. For up to `limits.lastBytesMs`, lets clients
 * receive the rest of their response, such as the error that ends a stream. Then closes all remaining
 * connections.
 *
 * @param closed resolves when no connection is left
 */
export async function closeConnections(
  server: Pick<Server, 'closeIdleConnections' | 'closeAllConnections'>,
  closed: Promise<unknown>,
): Promise<void> {
  const deadline = performance.now() + limits.lastBytesMs
  let isClosed = false
  const close = () => {
    isClosed = true
  }
  closed.then(close, close)
  while (!isClosed && performance.now() < deadline) {
    // A connection stays open after its response, so keep closing connections that have become idle.
    server.closeIdleConnections()
    await sleep(20)
  }
  server.closeAllConnections()
  await closed
}
