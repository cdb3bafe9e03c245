import type { IncomingHttpHeaders } from 'node:http'
import { limits } from '../limits/limits.ts'

/** The methods that the server's routes use. */
export const allowedMethods = 'GET, HEAD, POST'

export interface Refusal {
  status: 400 | 405 | 414 | 415
  error: string
  message: string
}

interface RequestHead {
  method?: string | undefined
  url?: string | undefined
  headers: IncomingHttpHeaders
  /** The headers' names and values, alternating. Unlike `headers`, this list includes repeated headers. */
  rawHeaders: string[]
}

/** Returns a refusal if no route accepts a request with this head, otherwise null. */
export function refusalOf({ method = '', url = '', headers, rawHeaders }: RequestHead): Refusal | null {
  if (!allowedMethods.split(', ').includes(method)) return methodNotAllowed
  if (url.length > limits.urlBytes) return urlTooLong
  if (!url.startsWith('/'))
    return { status: 400, error: 'bad_request', message: 'The URL must start with /.' }
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  if (hosts.length !== 1 || !isHost(headers.host ?? '')) {
    return { status: 400, error: 'bad_request', message: 'Send one valid Host header.' }
  }
  if (hasBody(headers) && mediaTypeOf(headers) !== 'application/json') {
    return {
      status: 415,
      error: 'unsupported_media_type',
      message: 'Send JSON with the content type application/json.',
    }
  }
  return null
}

export const methodNotAllowed: Refusal = {
  status: 405,
  error: 'method_not_allowed',
  message: `Use ${allowedMethods}.`,
}

export const urlTooLong: Refusal = {
  status: 414,
  error: 'url_too_long',
  message: `The URL must not exceed ${limits.urlBytes} bytes.`,
}

/**
 * Returns whether the text is a host name or address with an optional port. Uses a regular expression too, because
 * `URL.canParse` accepts `user@host`, `host/path` and `host?query`.
 */
const isHost = (host: string) =>
  /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host) && URL.canParse(`http://${host}`)

const hasBody = (headers: IncomingHttpHeaders) =>
  headers['transfer-encoding'] !== undefined || !/^0*$/.test(headers['content-length'] ?? '')

const mediaTypeOf = (headers: IncomingHttpHeaders) =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
