// Measures how long the built app takes to show Studio to a signed-in customer, from the navigation until the
// balances are visible and the form is usable. Also measures the largest contentful paint of a first visit on
// a slow 3G connection.
import { type Browser, chromium } from '@playwright/test'
import { systemChromium } from '../chromium.ts'
import { startStack } from '../stack/startStack.ts'
import { aCustomer } from '../tests/customer.ts'

const visits = 10

/** Milliseconds from the start of the navigation. */
interface Visit {
  painted: number
  interactive: number
}

type Cookies = Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['cookies']>>

await using stack = await startStack({ model: 'builtIn' })
const executablePath = systemChromium()
const browser = await chromium.launch({
  chromiumSandbox: false,
  ...(executablePath ? { executablePath } : {}),
})
try {
  const cookies = await signUpCustomer()
  const cold: Visit[] = []
  for (let i = 0; i < visits; i++) cold.push(...(await visit(cookies, 1)))
  const [, ...warm] = await visit(cookies, visits + 1)
  console.table({ 'first visit': summary(cold), 'with a warm cache': summary(warm) })
  console.log(`Largest contentful paint on slow 3G: ${Math.round(await largestPaint(cookies))} ms`)
} finally {
  await browser.close()
}

async function signUpCustomer(): Promise<Cookies> {
  const context = await browser.newContext()
  await aCustomer(context.request, stack)
  return context.cookies()
}

/** Opens Studio `times` times in one new browser profile that has only the session's cookies. */
async function visit(cookies: Cookies, times: number): Promise<Visit[]> {
  await using context = await browser.newContext()
  await context.addCookies(cookies)
  const results: Visit[] = []
  while (results.length < times) {
    const page = await context.newPage()
    await page.goto(stack.url, { waitUntil: 'commit' })
    // Chromium evaluates this function in every animation frame.
    const visit = await page.waitForFunction((): Visit | null => {
      const balance = document.querySelector('[data-testid=balance-generations]')?.textContent ?? ''
      const prompt = document.querySelector<HTMLTextAreaElement>('form textarea')
      if (!/\d of \d+ used/.test(balance) || !prompt || prompt.disabled) return null
      const painted = performance.getEntriesByName('first-contentful-paint')[0]?.startTime
      return painted === undefined ? null : { painted, interactive: performance.now() }
    })
    const value = await visit.jsonValue()
    if (value) results.push(value)
    await page.close()
  }
  return results
}

/** Opens Studio in a new browser profile on a slow connection. Returns the time of the largest contentful paint. */
async function largestPaint(cookies: Cookies): Promise<number> {
  await using context = await browser.newContext()
  await context.addCookies(cookies)
  const page = await context.newPage()
  const network = await context.newCDPSession(page)
  await network.send('Network.enable')
  // The values of the "Slow 3G" preset in the browser's developer tools.
  const slow3G = { offline: false, latency: 2_000, downloadThroughput: 50_000, uploadThroughput: 50_000 }
  await network.send('Network.emulateNetworkConditions', slow3G)
  await page.goto(stack.url, { waitUntil: 'networkidle', timeout: 120_000 })
  return await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? Number.NaN)).observe(
          {
            type: 'largest-contentful-paint',
            buffered: true,
          },
        )
      }),
  )
}

function summary(results: Visit[]) {
  const statistics = (measure: keyof Visit) => {
    const sorted = results.map((it) => it[measure]).sort((a, b) => a - b)
    return { median: sorted[sorted.length >> 1] ?? Number.NaN, worst: sorted.at(-1) ?? Number.NaN }
  }
  const ms = (value: number) => `${Math.round(value)} ms`
  const painted = statistics('painted')
  const interactive = statistics('interactive')
  return {
    'first paint': ms(painted.median),
    interactive: ms(interactive.median),
    worst: ms(interactive.worst),
  }
}
