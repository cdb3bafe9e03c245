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

test('with Flowglad away a page opens all the same', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 0 } })
  await open(app)
  app.proxy.breakWith(() => ({ state: 'refused' }))
  expect(await open(app)).toBe('Free')
})
