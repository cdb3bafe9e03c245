import { isBillingPath } from './paths.ts'
import { hostOf } from './requestSource.ts'

/**
 * Converts a Node request to a web-standard `Request`. Returns null without reading the body if billing
 * doesn't serve the path or `Request` doesn't allow the method.
 */
export async function toRequest({
  method = 'GET',
  url = '/',
  headers,
  body,
}: {
  method: string | undefined
  /** The path and query, relative to billing's mount point. */
  url: string | undefined
  headers: Record<string, string | string[] | undefined>
  body: () => Promise<Buffer<ArrayBuffer>> | Buffer<ArrayBuffer>
}): Promise<Request | null> {
  // Billing reads only the path, so any origin works.
  const address = `http://localhost${url}`
  if (!URL.canParse(address) || !isBillingPath(new URL(address).pathname)) return null
  // `Request` doesn't allow TRACE.
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
    // Leave out HTTP/2 pseudo-headers, such as `:path`, which Node includes in the headers.
    if (value === undefined || name.startsWith(':')) continue
    for (const single of Array.isArray(value) ? value : [value]) result.append(name, single)
  }
  const host = hostOf({ headers })
  if (host !== null) result.set('host', host)
  return result
}
