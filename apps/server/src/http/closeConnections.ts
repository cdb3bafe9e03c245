import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../limits/limits.ts'

/**
 * Closes the connections of a server that has stopped listening. Readers get a moment to receive the rest of their
 * response, such as the error that ends a stream. A stalled reader's connection is closed after this moment.
 *
 * @param closed Resolves when no connection is left.
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
    // A response that has been sent leaves its connection open for the next request.
    server.closeIdleConnections()
    await sleep(20)
  }
  server.closeAllConnections()
  await closed
}
