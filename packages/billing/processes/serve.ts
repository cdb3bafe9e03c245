import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { AnyTRPCRouter } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'

/** Serves the router to the process that started this one. Exits when that process disconnects or ends. */
export async function serve(router: AnyTRPCRouter, close: () => Promise<void> = async () => {}) {
  const server = createHTTPServer({ router }).listen(0, '127.0.0.1')
  // Keep idle connections open, because a benchmark can leave a connection idle for minutes.
  server.keepAliveTimeout = 0
  await once(server, 'listening')
  process.send?.(`http://127.0.0.1:${portOf(server.address())}`)
  process.once('disconnect', async () => {
    await close()
    process.exit()
  })
}

const portOf = (address: string | AddressInfo | null) =>
  typeof address === 'object' && address ? address.port : 0
