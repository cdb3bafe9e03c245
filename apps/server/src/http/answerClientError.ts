import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { limits } from '../limits/limits.ts'
import { allowedMethods, methodNotAllowed, urlTooLong } from './requestRules.ts'

interface ClientError {
  code?: string
  /** The bytes that Node couldn't parse: a `Buffer`, although Fastify declares another type. */
  rawPacket?: unknown
}

/** Responds to a request that is malformed or arrives too slowly, then closes the connection. */
export function answerClientError(error: ClientError, socket: Socket) {
  if (socket.writable && error.code !== 'ECONNRESET') socket.write(responseOf(answerTo(error)))
  socket.destroy()
}

/** Rejects CONNECT, which asks for a connection to another server. */
export function answerConnect(_request: unknown, socket: Duplex) {
  socket.end(responseOf(methodNotAllowed))
}

interface Answer {
  status: number
  error: string
  message: string
}

function answerTo({ code, rawPacket }: ClientError): Answer {
  const packet = Buffer.isBuffer(rawPacket) ? rawPacket : Buffer.alloc(0)
  const start = packet.subarray(0, limits.headerBytes).toString('latin1')
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, error: 'timeout', message: 'The request took too long to arrive. Try again.' }
    case 'HPE_HEADER_OVERFLOW':
      // If the request line doesn't end within the limit for all headers, the URL is too long.
      if (/^[A-Z-]+ [^\r\n]*$/.test(start)) return urlTooLong
      return {
        status: 431,
        error: 'headers_too_large',
        message: `The URL and the headers must not exceed ${limits.headerBytes} bytes.`,
      }
    case 'HPE_INVALID_METHOD':
      if (/^[A-Z-]+ \S+ HTTP\/1/.test(start)) return methodNotAllowed
  }
  return { status: 400, error: 'bad_request', message: 'This is not a valid HTTP request.' }
}

function responseOf({ status, ...answer }: Answer): string {
  const body = JSON.stringify(answer)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...(status === 405 ? [`allow: ${allowedMethods}`] : []),
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
