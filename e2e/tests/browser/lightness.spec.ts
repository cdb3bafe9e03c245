// What a visit costs: bytes, requests, jumps.
import { gzipSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { expect, spendApiCalls, spendGenerations, test } from '../fixtures.ts'
import { studio } from './studio.ts'

// With all that moves, as most people have it.
test.use({ contextOptions: { reducedMotion: 'no-preference' } })

test('a first visit to Studio requests less than 250 kB of gzipped JavaScript', async ({
  page,
  customer: _,
}) => {
  const sizes = new Map<string, Promise<number>>()
  page.on('response', (response) => {
    if (/javascript/.test(response.headers()['content-type'] ?? ''))
      sizes.set(
        response.url(),
        response.body().then((body) => gzipSync(body).length),
      )
  })
  await page.goto('/', { waitUntil: 'networkidle' })
  await expect(studio(page).balance('generations')).toHaveText('Generations10 of 10 left')
  const total = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0)
  test.info().annotations.push({ type: 'gzipped JavaScript', description: `${total} bytes` })
  expect(total).toBeGreaterThan(0)
  expect(total).toBeLessThan(250_000)
})

test('JavaScript and styles travel compressed, and a second visit asks for neither again', async ({
  page,
  stack,
  customer: _,
}) => {
  const assets: { encoding: string | undefined; cache: string | undefined }[] = []
  const asked: string[] = []
  const fromServer = await noteServerAnswers(page)
  page.on('response', (response) => {
    if (!/\/assets\/.*\.(js|css)$/.test(response.url())) return
    asked.push(response.url())
    const headers = response.headers()
    if (Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) < 1_500) return
    assets.push({ encoding: headers['content-encoding'], cache: headers['cache-control'] })
  })
  await page.goto('/', { waitUntil: 'networkidle' })
  await expect(studio(page).generate).toBeVisible()
  expect(assets.length).toBeGreaterThan(0)
  for (const { encoding, cache } of assets) {
    expect(encoding).toMatch(/^(gzip|br|zstd)$/)
    expect(cache).toContain('immutable')
  }
  const first = fromServer()
  expect(first).toEqual(expect.arrayContaining(asked))
  await page.goto('/', { waitUntil: 'networkidle' })
  await expect(studio(page).generate).toBeVisible()
  const again = fromServer().slice(first.length)
  expect(again).toContain(`${stack.url}/`)
  expect(again.filter((url) => asked.includes(url))).toEqual([])
})

/** Addresses that the server was asked for and answered, in their order; what the browser had in its cache is not among them. */
async function noteServerAnswers(page: Page): Promise<() => string[]> {
  const answered: { id: string; url: string }[] = []
  const fromMemory = new Set<string>()
  const network = await page.context().newCDPSession(page)
  await network.send('Network.enable')
  network.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.fromDiskCache) answered.push({ id: requestId, url: response.url })
  })
  network.on('Network.requestServedFromCache', ({ requestId }) => void fromMemory.add(requestId))
  return () => answered.filter(({ id }) => !fromMemory.has(id)).map(({ url }) => url)
}

/** Counts requests for balances that leave the page from now on. */
function countBalances(page: Page) {
  let count = 0
  page.on('request', (request) => {
    if (/\/trpc\/[^?]*billing\.balances\b/.test(request.url())) count++
  })
  return () => count
}

const screens = ['Usage', 'Plans', 'Billing', 'Studio'] as const

/** A minute later by the page's clock: what it has of balances is too old for a screen that opens now, unless the stream vouches for it. */
function aMinuteLater(page: Page) {
  let now = Date.now()
  return async () => {
    now += 60_000
    await page.clock.setFixedTime(now)
  }
}

test('balances cost at most one request to open Studio, and none while the stream is connected', async ({
  page,
  stack,
  customer: _,
}) => {
  const count = countBalances(page)
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  // The stream delivers.
  await spendGenerations(page.request, stack.url, 1)
  await expect(at.balance('generations')).toHaveText('Generations9 of 10 left')
  expect(count()).toBeLessThanOrEqual(1)
  const before = count()
  const wait = aMinuteLater(page)
  for (const screen of screens) {
    await wait()
    await at.go(screen)
  }
  await at.make('a boat', 2)
  await expect(at.balance('generations')).toHaveText('Generations7 of 10 left')
  await wait()
  await at.go('Usage')
  // What this screen asks for has come, and whatever was asked for before it.
  await expect(page.getByRole('row', { name: /studio\.generate/ })).toHaveCount(2)
  expect(count()).toBe(before)
})

test('without the stream balances cost at most one request a navigation', async ({ page, customer: _ }) => {
  await page.route(/billing\.onBalances/, (route) => route.abort('connectionrefused'))
  const count = countBalances(page)
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  expect(count()).toBe(1)
  const wait = aMinuteLater(page)
  let most = count()
  for (const screen of screens) {
    await wait()
    await at.go(screen)
    most++
    // Fewer, when an answer takes so long that the minute is over before it comes.
    expect(count()).toBeLessThanOrEqual(most)
  }
  expect(count()).toBeGreaterThan(1)
  await at.go('Usage')
  await expect(page.getByText('No charges yet')).toBeVisible()
  expect(count()).toBeLessThanOrEqual(most)
})

for (const width of [360, 1440]) {
  test(`nothing jumps when balances change, from plenty to none, ${width} px wide`, async ({
    page,
    stack,
    customer: _,
  }) => {
    await page.setViewportSize({ width, height: 900 })
    await page.goto('/')
    const at = studio(page)
    await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
    await expect(page.getByText('Bare walls, for now')).toBeVisible()
    await page.evaluate(() => document.fonts.ready)
    const shifts = await page.evaluateHandle(() => {
      const shifts: { value: number; of: string[] }[] = []
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          if (!('value' in entry) || !('sources' in entry)) continue
          const of = (entry.sources as { node?: Element }[]).map(
            ({ node }) => node?.outerHTML?.slice(0, 200) ?? node?.textContent ?? 'something gone',
          )
          shifts.push({ value: Number(entry.value), of })
        }
      }).observe({ type: 'layout-shift' })
      return shifts
    })
    // From elsewhere: nothing here was pressed, so whatever moves moves by itself.
    for (const amount of [4, 4, 1]) await spendGenerations(page.request, stack.url, amount)
    await expect(at.notice).toContainText("You've used 90%")
    await spendApiCalls(page.request, stack.url, 95)
    await expect(at.balance('api_calls')).toContainText('5 of 100 left')
    await spendGenerations(page.request, stack.url, 1)
    await expect(at.paywall).toBeVisible()
    await expect(at.balance('generations')).toHaveText('Generations0 of 10 left')
    expect(await shifts.jsonValue()).toEqual([])
  })
}
