// These tests check how many bytes a visit downloads.
import { gzipSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { expect, test } from './browserTest.ts'
import { saveData } from './saveData.ts'

test('loads less than 250 kB of gzipped JavaScript in at most 10 files on the first visit', async ({
  app,
}) => {
  await saveData(app.page)
  const sizes = new Map<string, Promise<number>>()
  app.page.on('response', (response) => {
    if (!/javascript/.test(response.headers()['content-type'] ?? '')) return
    const size = response.body().then((body) => gzipSync(body).length)
    sizes.set(response.url(), size)
  })
  await app.page.goto('/', { waitUntil: 'networkidle' })
  await app.expectBalance('generations', { left: 10, of: 10 })
  const total = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0)
  test.info().annotations.push({ type: 'gzipped JavaScript', description: `${total} bytes` })
  expect(total).toBeGreaterThan(0)
  expect(sizes.size).toBeLessThanOrEqual(10)
  expect(total).toBeLessThan(250_000)
})

test('compresses scripts and styles and loads them only once', async ({ app, stack }) => {
  const { page } = app
  await saveData(page)
  const assets: { encoding: string | undefined; cache: string | undefined }[] = []
  const requested: string[] = []
  const fromServer = await recordServerResponses(page)
  page.on('response', (response) => {
    if (!/\/assets\/.*\.(js|css)$/.test(response.url())) return
    requested.push(response.url())
    const headers = response.headers()
    if (Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) < 1_500) return
    assets.push({ encoding: headers['content-encoding'], cache: headers['cache-control'] })
  })
  await page.goto('/', { waitUntil: 'networkidle' })
  await expect(app.generate).toBeVisible()
  expect(assets.length).toBeGreaterThan(0)
  for (const { encoding, cache } of assets) {
    expect(encoding).toMatch(/^(gzip|br|zstd)$/)
    expect(cache).toContain('immutable')
  }
  const first = fromServer()
  expect(first).toEqual(expect.arrayContaining(requested))
  await page.goto('/', { waitUntil: 'networkidle' })
  await expect(app.generate).toBeVisible()
  const second = fromServer().slice(first.length)
  expect(second).toContain(`${stack.url}/`)
  expect(second.filter((url) => requested.includes(url))).toEqual([])
})

test('loads the scripts with a lower priority than the page and its styles', async ({ app }) => {
  const network = await app.page.context().newCDPSession(app.page)
  await network.send('Network.enable')
  const priorities = new Set<string>()
  network.on('Network.requestWillBeSent', ({ request: { url, initialPriority }, initiator }) => {
    const extension = /\.(js|css)$/.exec(url)?.[1]
    // The scripts themselves load the screen's script, which has a normal priority.
    if (extension && initiator.type === 'parser') priorities.add(`${extension} ${initialPriority}`)
  })
  await app.open()
  expect([...priorities].sort()).toEqual(['css VeryHigh', 'js Low'])
})

/**
 * Starts recording the URLs of responses that come from the server instead of the browser's caches. Returns a
 * function that returns the recorded URLs.
 */
async function recordServerResponses(page: Page): Promise<() => string[]> {
  const responses: { id: string; url: string }[] = []
  const fromMemory = new Set<string>()
  const network = await page.context().newCDPSession(page)
  await network.send('Network.enable')
  network.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.fromDiskCache) responses.push({ id: requestId, url: response.url })
  })
  network.on('Network.requestServedFromCache', ({ requestId }) => void fromMemory.add(requestId))
  return () => responses.filter(({ id }) => !fromMemory.has(id)).map(({ url }) => url)
}
