import { connect, createServer, type Socket } from 'node:net'

/** Starts a proxy in front of a database. The proxy forwards bytes or, like a broken network, silently drops them. */
export async function startSwallowingProxy(to: { host: string; port: number }) {
  const sockets = new Set<Socket>()
  let swallowing = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    keep(near)
    if (swallowing) return near.resume()
    const far = connect(to)
    keep(far)
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => {
        if (!swallowing && !swallowed.has(near)) into.write(bytes)
      })
      from.on('close', () => into.destroy())
    }
  })
  /**
   * Connections that lost bytes. The proxy forwards nothing on these connections, even after the network has
   * recovered.
   */
  const swallowed = new WeakSet<Socket>()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('No port')
  return {
    port: address.port,
    swallow() {
      swallowing = true
      for (const socket of sockets) swallowed.add(socket)
    },
    heal() {
      swallowing = false
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
