import { isBillingPath } from './paths.ts'

/**
 * Returns a Node request as a web standard `Request`. Returns null for a path that billing doesn't
 * serve, without reading the body, and for a request that the standard can't express.
 */
export async function toRequest({
  method = 'GET',
  url = '/',
  headers,
  body,
}: {
  method: string | undefined
  /** Path and query, relative to where billing is mounted. */
  url: string | undefined
  headers: Record<string, string | string[] | undefined>
  body: () => Promise<Buffer<ArrayBuffer>> | Buffer<ArrayBuffer>
}): Promise<Request | null> {
  // Only the path matters here, so any origin will do.
  const address = `http://localhost${url}`
  if (!URL.canParse(address) || !isBillingPath(new URL(address).pathname)) return null
  // The standard forbids TRACE.
  if (method === 'TRACE') return null
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(address, {
    method,
    headers: toHeaders(headers),
    ...(hasBody ? { body: await body() } : {}),
  })
}

function toHeaders(headers: Record<string, string | string[] | undefined>): Headers {
  const result = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    // HTTP/2 lists its pseudo headers, such as `:path`, beside the real ones.
    if (value === undefined || name.startsWith(':')) continue
    for (const single of Array.isArray(value) ? value : [value]) result.append(name, single)
  }
  return result
}
