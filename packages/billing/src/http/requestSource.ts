/** The parts of a Node, Fastify or web-standard request that show who sent it. */
export interface RequestSource {
  method?: string | undefined
  /** The full URL, or the path and query. */
  url?: string | undefined
  headers: Headers | Record<string, string | string[] | undefined>
}

/** Returns the value of a request header, or null if the request doesn't have the header. */
export function headerOf({ headers }: RequestSource, name: string): string | null {
  // Don't use `instanceof`: a framework can have its own `Headers` class.
  if (isHeaders(headers)) return headers.get(name)
  const value = headers[name.toLowerCase()]
  return Array.isArray(value) ? value.join() : (value ?? null)
}

/** Returns the host to which the client sent the request, including any port, or null if it is unknown. */
export function hostOf(source: RequestSource): string | null {
  const host = headerOf(source, 'host')
  if (host !== null) return host
  // HTTP/2 sends the host in a pseudo-header, which a `Headers` object can't contain.
  if (!isHeaders(source.headers)) return headerOf(source, ':authority')
  return source.url !== undefined && URL.canParse(source.url) ? new URL(source.url).host : null
}

/**
 * Returns whether the request can carry inputs. Returns false for a POST with a `content-length` of 0 or 2,
 * because tRPC's client sends an empty body or `{}` for calls without inputs.
 */
export function canCarryInput(source: RequestSource): boolean {
  const length = headerOf(source, 'content-length')
  return source.method !== 'POST' || (length !== '0' && length !== '2')
}

/** Returns the request's method and path, for an error message. */
export const nameOf = ({ method = 'GET', url = '/' }: RequestSource): string =>
  `${method} ${url.replace(/^https?:\/\/[^/]*/, '').replace(/\?.*/, '')}`

const isHeaders = (headers: RequestSource['headers']): headers is Headers => typeof headers.get === 'function'
