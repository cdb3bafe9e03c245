import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as tick } from 'node:timers/promises'

export interface RawConnection extends AsyncDisposable {
  /** Resolves to true when the bytes are sent, or to false if the connection is closed. */
  send(bytes: string | Buffer): Promise<boolean>
  /** Resolves to the status of the first response, or to null if the connection closes without a response. */
  status(): Promise<number | null>
  /** All received bytes. */
  received(): string
  /** Stops reading. */
  pause(): void
  /** Resolves when the connection closes. */
  closed: Promise<unknown>
}

/** Opens a TCP connection for requests that HTTP clients can't send. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('latin1').on('data', (text) => {
    received += text
  })
  // A server can reset a connection instead of closing it.
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  return {
    closed,
    received: () => received,
    pause: () => void socket.pause(),
    async send(bytes) {
      if (socket.destroyed) return false
      if (!socket.write(bytes)) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
      // Let the socket read a response before the next write fails.
      await tick()
      return !socket.destroyed
    },
    async status() {
      while (!received.includes('\r\n') && !socket.destroyed) {
        await Promise.race([once(socket, 'data').catch(() => {}), closed])
      }
      const [, status] = /^HTTP\/1\.1 (\d+)/.exec(received) ?? []
      return status === undefined ? null : Number(status)
    },
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await closed
    },
  }
}

/** Sends one request unchanged. Returns the response's status and text. */
export async function sendRaw(
  url: string,
  request: string,
): Promise<{ status: number | null; text: string }> {
  await using connection = await openRaw(url)
  await connection.send(Buffer.from(request, 'latin1'))
  const status = await connection.status()
  return { status, text: connection.received() }
}
