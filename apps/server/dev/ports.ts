import { createServer } from 'node:net'

/** Returns the reason that no server can listen on the port, or null if the port is free. */
export async function problemOfPort(port: number): Promise<string | null> {
  // On macOS, a server can listen on all addresses even if another server uses the same port on 127.0.0.1.
  for (const host of ['127.0.0.1', '::1', '::']) {
    const code = await listen(port, host)
    if (code === 'EADDRINUSE') return 'in use'
    if (code === 'EACCES') return 'needs administrator rights'
  }
  return null
}

/**
 * Tries to listen. Returns the error code, or undefined on success. On a machine without IPv6, listening on
 * "::1" fails with a code that `problemOfPort` ignores.
 */
function listen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    probe.listen({ port, host }, () => probe.close(() => resolve(undefined)))
  })
}

/** Returns the first free port above `port` that is not in `except`. */
export async function nextFreePort(port: number, except: readonly number[]): Promise<number> {
  for (let next = port + 1; next <= 65_535; next++)
    if (!except.includes(next) && (await problemOfPort(next)) === null) return next
  throw new Error(`There is no free port above ${port}. Choose a lower port.`)
}
