import { expect, test } from 'vitest'
import { foreignOriginOf } from '../../src/http/foreignOrigin.ts'

const trusted = new Set(['https://app.example', 'http://localhost:5173', 'capacitor://localhost'])
type Sent = Record<'site' | 'origin' | 'host', string | null>

const judge = ({ site, origin, host }: Sent) => {
  const headers = Object.fromEntries(
    Object.entries({ 'sec-fetch-site': site, origin, host }).filter(([, value]) => value !== null),
  ) as Record<string, string>
  const asNode = foreignOriginOf({ headers }, trusted)
  expect(foreignOriginOf({ headers: new Headers(headers) }, trusted)).toEqual(asNode)
  return asNode ? { foreign: asNode.origin } : 'allowed'
}

const evil = 'https://evil.example'
test.each<[who: string, site: string | null, origin: string | null, host: string | null]>([
  ['the app behind a proxy that changes the host', 'same-origin', 'https://app.example', '10.0.0.1:3000'],
  ['the app at an address that is not trusted', 'same-origin', 'http://10.0.0.1:3000', '10.0.0.1:3000'],
  ['a form on a page that sends no referrer', 'same-origin', 'null', 'app.example'],
  ['an image in the app', 'same-origin', null, 'app.example'],
  ['the address bar', 'none', null, 'app.example'],
  ['a client that is not a browser', null, null, 'app.example'],
  ['a page on a trusted origin of the same site', 'same-site', 'https://app.example', 'api.app.example'],
  ['a page on a trusted origin of another site', 'cross-site', 'https://app.example', 'api.example'],
  ['a web page in a mobile app', 'cross-site', 'capacitor://localhost', 'api.example'],
  ['a page on a trusted origin in an older browser, behind a proxy', null, 'https://app.example', 'upstream'],
  [
    'an older browser or a WebSocket whose origin matches the host',
    null,
    'https://other.example',
    'other.example',
  ],
  ['a WebSocket at an address with a port', null, 'http://[::1]:3000', '[::1]:3000'],
  [
    'a WebSocket whose Host header contains the default port',
    null,
    'https://other.example',
    'other.example:443',
  ],
  ['a WebSocket whose Host header contains capital letters', null, 'https://other.example', 'Other.Example'],
])('allows %s', (_, site, origin, host) => {
  expect(judge({ site, origin, host })).toBe('allowed')
})

test.each<[who: string, site: string | null, origin: string | null, host: string | null]>([
  ['a link on another site', 'cross-site', null, 'app.example'],
  ['a link on another origin of the same site', 'same-site', null, 'app.example'],
  ['a script on another site', 'cross-site', evil, 'app.example'],
  ['a script on a subdomain', 'same-site', 'https://blog.app.example', 'app.example'],
  ['a page on another port', 'same-site', 'https://app.example:8443', 'app.example'],
  ['a page on another port in an older browser', null, 'https://app.example:8443', 'app.example'],
  ['a page whose host begins with a trusted host', 'cross-site', 'https://app.example.evil.example', 'x'],
  ['a sandboxed frame', 'cross-site', 'null', 'app.example'],
  ['a sandboxed frame in an older browser', null, 'null', 'app.example'],
  ['a page on another site in an older browser', null, evil, 'app.example'],
  ['a page on another site with Sec-Fetch-Site: none', 'none', evil, 'app.example'],
  ['a forged page without TLS', 'cross-site', 'http://app.example', 'app.example'],
  ['a forged page without TLS in an older browser', null, 'http://app.example', 'app.example'],
  ['a page on the host that a proxy forwards to', 'cross-site', 'http://localhost:3000', 'localhost:3000'],
  ['a page on another loopback port', 'same-site', 'http://localhost:4000', 'localhost:3000'],
  ['a page under another name of the loopback address', null, 'http://127.0.0.1:5173', 'localhost:5173'],
  ['a Sec-Fetch-Site value that browsers may add later', 'same-party', null, 'app.example'],
  ['two origins', null, `https://app.example, ${evil}`, 'app.example'],
  ['an empty origin', null, '', 'app.example'],
  ['a page whose request has no host', null, evil, null],
])('treats %s as foreign', (_, site, origin, host) => {
  expect(judge({ site, origin, host })).toEqual({ foreign: origin })
})

test("reads the host from an HTTP/2 request's headers and from a web-standard request's URL", () => {
  const origin = 'https://other.example'
  expect(foreignOriginOf({ headers: { origin, ':authority': 'other.example' } }, trusted)).toBeNull()
  const request = new Request('https://other.example/trpc', { headers: { origin } })
  expect(foreignOriginOf(request, trusted)).toBeNull()
})

test('shortens the reported origin and replaces its non-ASCII characters', () => {
  const origin = `https://${'x'.repeat(10_000)}`
  expect(foreignOriginOf({ headers: { origin } }, trusted)?.origin).toHaveLength(128)
  expect(foreignOriginOf({ headers: { origin: 'https://a\u202e' } }, trusted)?.origin).toBe('https://a?')
})
