import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readWeb, serveWeb } from '../src/http/serveWeb.ts'
import { startTestServer } from './testServer.ts'

const page =
  '<!doctype html><title>Studio</title><script>let dark</script><script src="/assets/a.js"></script>'
let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'metered-web-'))
  await mkdir(join(root, 'assets'))
  await writeFile(join(root, 'index.html'), page)
  await writeFile(join(root, 'assets/a.js'), 'let app')
})
afterAll(() => rm(root, { recursive: true, force: true }))

function build() {
  const web = readWeb(root)
  if (!web) throw new Error('index.html was not found')
  const app = Fastify()
  serveWeb(app, web)
  return app
}

test('serves the page at every route and makes browsers revalidate it', async () => {
  const app = build()
  for (const url of ['/', '/pricing', '/usage?day=2', '/sign-in']) {
    const { statusCode, body, headers } = await app.inject({ url })
    expect({ url, statusCode, body, cache: headers['cache-control'] }).toEqual({
      url,
      statusCode: 200,
      body: page,
      cache: 'no-cache',
    })
  }
})

test('lets browsers cache files whose name contains a hash', async () => {
  const app = build()
  const file = await app.inject({ url: '/assets/a.js' })
  expect({ body: file.body, cache: file.headers['cache-control'] }).toEqual({
    body: 'let app',
    cache: 'public, max-age=31536000, immutable',
  })
})

test('returns 404 for a missing file, an unknown API path and a POST to a page', async () => {
  const app = build()
  for (const url of [
    '/assets/b.js',
    '/api/nothing',
    '/dev/mailbox',
    '/robots.txt',
    '/../package.json',
    '/%2e%2e/package.json',
  ]) {
    expect({ url, status: (await app.inject({ url })).statusCode }).toEqual({ url, status: 404 })
  }
  expect((await app.inject({ method: 'POST', url: '/pricing' })).statusCode).toBe(404)
})

test("returns the hashes of the page's inline scripts", () => {
  expect(readWeb(root)?.inlineScripts).toEqual(["'sha256-Bb5XNAEHr+F2bM6D/MfTHoa5fjNk8GCoauuOIueKyw4='"])
})

test('returns null if the web app is not built', () => {
  expect(readWeb(join(root, 'nowhere'))).toBeNull()
})

test('sets a content security policy that works over plain HTTP', async () => {
  await using server = await startTestServer()
  const { headers } = await server.app.inject({ url: '/healthz' })
  expect(headers['content-security-policy']).toContain("script-src 'self';")
  expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests')
  expect(headers['strict-transport-security']).toBeUndefined()
})
