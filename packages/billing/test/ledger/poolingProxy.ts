import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Extracts complete messages from a stream. A message has a type, a length and a body. */
export function messages(onMessage: (message: Buffer) => void) {
  let rest = Buffer.alloc(0)
  return (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1
      const message = rest.subarray(0, end)
      rest = rest.subarray(end)
      onMessage(message)
    }
  }
}

const typeOf = (message: Buffer) => String.fromCharCode(message[0] ?? 0)

/**
 * Starts a proxy that runs each transaction on a different server connection, as PgBouncer does in
 * transaction mode. With `statements`, the proxy refuses transactions, as PgBouncer does in statement mode.
 * With `resetQuery`, the proxy runs this statement after each transaction, as PgBouncer does with
 * `server_reset_query` and `server_reset_query_always`. The server must ask for a password in plain text.
 */
export async function startPoolingProxy(
  to: string,
  { statements = false, resetQuery }: { statements?: boolean; resetQuery?: string } = {},
) {
  const { hostname, port, username, password, pathname } = new URL(to)
  const servers: ServerConnection[] = []
  const sockets = new Set<Socket>()
  const track = (socket: Socket) => {
    sockets.add(socket.setNoDelay())
    socket.on('error', () => {})
    return socket
  }

  interface ServerConnection {
    socket: Socket
    /** Receives the server's messages during a transaction. */
    client: Socket | null
    /** Whether the reset query is running. Its messages aren't for the client. */
    isResetting: boolean
  }
  /** The number of statements that clients have named. They would exist in only one of the sessions. */
  let namedStatements = 0
  /** The number of server connections that have run a transaction. */
  const used = new Set<ServerConnection>()

  async function openServer(): Promise<{ server: ServerConnection; greeting: Buffer }> {
    const socket = track(connect(Number(port), hostname))
    const server: ServerConnection = { socket, client: null, isResetting: false }
    const parameters = Buffer.from(`user\0${username}\0database\0${pathname.slice(1)}\0\0`)
    const header = Buffer.alloc(8)
    header.writeInt32BE(parameters.length + 8, 0)
    header.writeInt32BE(196_608, 4)
    socket.write(Buffer.concat([header, parameters]))
    const parts: Buffer[] = []
    await new Promise<void>((ready) => {
      const onMessage = (message: Buffer) => {
        if (!server.client) {
          if (typeOf(message) === 'R' && message.readInt32BE(5) === 3) {
            socket.write(encode('p', `${password}\0`))
            return
          }
          parts.push(message)
          if (typeOf(message) === 'Z') ready()
          return
        }
        const { client } = server
        // In a message of type 'Z', the status 'I' means that no transaction is open.
        const isIdle = typeOf(message) === 'Z' && message[5] === 73
        if (!server.isResetting) client.write(message)
        if (!isIdle) return
        if (resetQuery !== undefined && !server.isResetting) {
          server.isResetting = true
          socket.write(encode('Q', `${resetQuery}\0`))
          return
        }
        server.isResetting = false
        server.client = null
      }
      socket.on('data', messages(onMessage))
    })
    return { server, greeting: Buffer.concat(parts) }
  }

  let greeting = Buffer.alloc(0)
  for (let count = 0; count < 12; count += 1) {
    const opened = await openServer()
    servers.push(opened.server)
    greeting = Buffer.from(opened.greeting)
  }

  const listener = createServer((near) => {
    track(near)
    near.once('data', () => {
      near.write(greeting)
      near.on(
        'data',
        messages((message) => {
          if (typeOf(message) === 'X') return near.end()
          if (statements && message.includes('BEGIN')) return near.end(refusal)
          // The name is the first value in a message of type 'P'.
          if (typeOf(message) === 'P' && message[5] !== 0) namedStatements += 1
          let server = servers.find((it) => it.client === near && !it.isResetting)
          if (!server) {
            server = servers.find((it) => it.client === null)
            if (!server) throw new Error('All server connections are busy')
            // Move the connection to the end of the list, so that the next transaction uses another
            // connection.
            servers.splice(servers.indexOf(server), 1)
            servers.push(server)
            used.add(server)
            server.client = near
          }
          server.socket.write(message)
        }),
      )
    })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (typeof address !== 'object' || address === null) throw new Error('No port')
  return {
    address: `postgres://${username}@127.0.0.1:${address.port}${pathname}`,
    namedStatements: () => namedStatements,
    usedSessions: () => used.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => listener.close(closed))
    },
  }
}

function encode(type: string, body: string): Buffer {
  const header = Buffer.from(`${type}\0\0\0\0`)
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, Buffer.from(body)])
}

/** PgBouncer's response to BEGIN in statement mode. */
const refusal = encode('E', 'SFATAL\0C08P01\0Mtransaction blocks not allowed in statement pooling mode\0\0')
