import type { Denial } from '../contract/denials.ts'
import { printable } from '../contract/keyFormat.ts'
import { headerOf, hostOf, type RequestSource } from './requestSource.ts'

type ForeignOrigin = Extract<Denial, { code: 'FOREIGN_ORIGIN' }>

/**
 * Returns the denial for a request that a page on a foreign origin sent, or null for any other request.
 *
 * - `Sec-Fetch-Site: same-origin` is set by the browser, and a page can't forge it. The `Host` header is
 *   ignored, so a proxy may change it.
 * - A request with neither `Sec-Fetch-Site` nor `Origin` comes from a client that isn't a browser. With
 *   `Sec-Fetch-Site: none`, the user opened the address, for example from a bookmark.
 * - `same-site` and `cross-site` mean that the page is on another origin. The request is accepted only if that origin
 *   is trusted. Requests from links and images have no `Origin` header, so they are denied.
 * - A request with only an `Origin` header comes from an old browser, a WebSocket, or a page without TLS.
 *   This origin must be trusted or match the host.
 */
export function foreignOriginOf(source: RequestSource, trusted: ReadonlySet<string>): ForeignOrigin | null {
  const site = headerOf(source, 'sec-fetch-site')
  const origin = headerOf(source, 'origin')
  if (site === 'same-origin') return null
  const isOther = site !== null && site !== 'none'
  if (origin === null) return isOther ? { code: 'FOREIGN_ORIGIN', origin } : null
  if (trusted.has(origin) || (!isOther && isOwn(origin, hostOf(source), trusted))) return null
  return { code: 'FOREIGN_ORIGIN', origin: printable(origin) }
}

/**
 * Returns whether the origin's host is the request's own host. The server can't see the scheme that the
 * browser used, because a proxy may handle TLS. If a trusted origin has the same host, only that origin's
 * scheme is accepted, because a network attacker can forge pages on `http://`.
 */
function isOwn(origin: string, host: string | null, trusted: ReadonlySet<string>): boolean {
  const [plain, encrypted] = ['http', 'https'].map((scheme) => originAt(scheme, host))
  if (origin === plain) return !trusted.has(String(encrypted))
  return origin === encrypted && !trusted.has(String(plain))
}

function originAt(scheme: string, host: string | null): string | null {
  const url = `${scheme}://${host}`
  return host !== null && URL.canParse(url) ? new URL(url).origin : null
}
