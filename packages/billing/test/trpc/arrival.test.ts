import { expect, test } from 'vitest'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from './startApp.ts'

const ada = aUser()
type App = Awaited<ReturnType<typeof startApp>>

/** Opens a page: its stream's first balances, and then what is pushed until the plan is the given one. Tells the last plan that it saw. */
async function open(app: App, untilPlan?: string) {
  const stop = new AbortController()
  const caller = app.router.createCaller({ user: ada }, { signal: stop.signal })
  let seen: string | undefined
  for await (const { plan } of await caller.billing.onBalances()) {
    seen = plan?.name
    if (untilPlan === undefined || seen === untilPlan) break
  }
  stop.abort()
  return seen
}
const looks = (app: App) => app.proxy.count(/\/billing$/)

test('what happened at Flowglad by itself is pushed to whoever opens a page', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 0 } })
  await open(app)
  await app.books.pay(ada, 'pro_monthly')
  expect(await open(app, 'Pro')).toBe('Pro')
})

test('who opens a page again at once sees it as well, a moment later', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 500 } })
  await open(app)
  await app.books.pay(ada, 'pro_monthly')
  expect(await open(app, 'Pro')).toBe('Pro')
})

test('a page opened again and again does not look at Flowglad each time', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 60_000 } })
  await open(app)
  await until(() => expect(looks(app)).toBeGreaterThan(0))
  const before = looks(app)
  for (let times = 0; times < 5; times++) await open(app)
  expect(looks(app)).toBe(before)
})

test('who opens a page on a node that fetches all it may keeps no usage from being delivered, and sees later what happened', async () => {
  await using app = await startApp({
    options: { arrivalMaxAgeMs: 0, maxFetches: 1, flowgladDeadlineMs: 600_000, decisionMs: 100 },
  })
  await expect.poll(async () => (await app.billing.refresh(ada)).plan?.name).toBe('Free')
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  using _ = { [Symbol.dispose]: () => answer() }
  app.proxy.breakWith(({ path }) => (path.includes('bob') ? { state: 'held', until: answered } : undefined))
  await app.billing.refresh(aUser('bob'))
  await until(() => expect(app.proxy.count(/bob/)).toBe(1))

  const page = open(app, 'Pro')
  // The page has its first balances by the time that another one has.
  await open(app)
  await app.client.generate.mutate({ prompt: 'a cat', count: 2 })
  await until(async () => expect(await app.books.events()).toMatchObject([{ amount: 2 }]))
  await app.books.pay(ada, 'pro_monthly')
  answer()
  expect(await page).toBe('Pro')
})

test('with Flowglad away a page opens all the same', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 0 } })
  await open(app)
  app.proxy.breakWith(() => ({ state: 'refused' }))
  expect(await open(app)).toBe('Free')
})
