// How long a signed-in person waits for Studio on the built app: from the address to balances on the screen and a form that can be used.
import { randomUUID } from 'node:crypto'
import { type Browser, chromium } from '@playwright/test'
import { systemChromium } from '../chromium.ts'
import { startStack } from '../stack/stack.ts'

const visits = 10

interface Visit {
  /** Milliseconds from the beginning of the navigation. */
  painted: number
  interactive: number
}

type Cookies = Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['cookies']>>

await using stack = await startStack()
const executablePath = systemChromium()
const browser = await chromium.launch({
  chromiumSandbox: false,
  ...(executablePath ? { executablePath } : {}),
})
try {
  const cookies = await signUp()
  const cold: Visit[] = []
  for (let i = 0; i < visits; i++) cold.push(...(await visit(cookies, 1)))
  const [, ...warm] = await visit(cookies, visits + 1)
  console.table({ 'first visit': summary(cold), 'with a warm cache': summary(warm) })
} finally {
  await browser.close()
}

async function signUp(): Promise<Cookies> {
  const context = await browser.newContext()
  const data = { name: 'Ada', email: `${randomUUID()}@example.com`, password: randomUUID() }
  await context.request.post(`${stack.url}/api/auth/sign-up/email`, { data, headers: { origin: stack.url } })
  // Known to the server, as whoever has been here before is.
  await context.request.post(`${stack.url}/trpc/billing.refresh`, { data: {} })
  return context.cookies()
}

/** Opens Studio so many times in one browser profile that begins with nothing but its session. */
async function visit(cookies: Cookies, times: number): Promise<Visit[]> {
  await using context = await browser.newContext()
  await context.addCookies(cookies)
  const seen: Visit[] = []
  while (seen.length < times) {
    const page = await context.newPage()
    await page.goto(stack.url, { waitUntil: 'commit' })
    // Looked at in every frame.
    const visit = await page.waitForFunction((): Visit | null => {
      const balance = document.querySelector('[data-testid=balance-generations]')?.textContent ?? ''
      const prompt = document.querySelector<HTMLTextAreaElement>('form textarea')
      if (!/\d of \d+ left/.test(balance) || !prompt || prompt.disabled) return null
      const painted = performance.getEntriesByName('first-contentful-paint')[0]?.startTime
      return painted === undefined ? null : { painted, interactive: performance.now() }
    })
    const value = await visit.jsonValue()
    if (value) seen.push(value)
    await page.close()
  }
  return seen
}

function summary(visits: Visit[]) {
  const of = (what: keyof Visit) => {
    const sorted = visits.map((it) => it[what]).sort((a, b) => a - b)
    return { median: sorted[sorted.length >> 1] ?? Number.NaN, worst: sorted.at(-1) ?? Number.NaN }
  }
  const ms = (value: number) => `${Math.round(value)} ms`
  const painted = of('painted')
  const interactive = of('interactive')
  return {
    'first paint': ms(painted.median),
    interactive: ms(interactive.median),
    worst: ms(interactive.worst),
  }
}
