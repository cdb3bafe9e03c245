import { expect, test } from 'vitest'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()
type App = Awaited<ReturnType<typeof startApp>>

/**
 * Opens a page and reads its stream until the plan `untilPlan` arrives. Without `untilPlan`, reads only the first
 * balances. Returns the name of the last plan received.
 */
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
const fetches = (app: App) => app.proxy.count(/\/billing$/)

test('pushes a change made at Flowglad to a page that is opened later', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 0 } })
  await open(app)
  await app.atFlowglad.pay(ada, 'pro_monthly')
  expect(await open(app, 'Pro')).toBe('Pro')
})

test('pushes a change made at Flowglad to a page that is reopened within arrivalMaxAgeMs', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 500 } })
  await open(app)
  await app.atFlowglad.pay(ada, 'pro_monthly')
  expect(await open(app, 'Pro')).toBe('Pro')
})

test('fetches only once within arrivalMaxAgeMs, however often a page is opened', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 60_000 } })
  await open(app)
  await until(() => expect(fetches(app)).toBeGreaterThan(0))
  const before = fetches(app)
  for (let times = 0; times < 5; times++) await open(app)
  expect(fetches(app)).toBe(before)
})

test('delivers usage while an open page waits for a free fetch slot', async () => {
  await using app = await startApp({
    options: { arrivalMaxAgeMs: 0, maxFetches: 1, flowgladDeadlineMs: 600_000, decisionMs: 600_000 },
  })
  // Finish Ada's first fetch. Otherwise, that fetch would keep Ada's lease while it waits for Bob's fetch.
  await app.billing.refresh(ada)
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  using _ = { [Symbol.dispose]: () => answer() }
  app.proxy.breakWith(({ path }) => (path.includes('bob') ? { state: 'held', until: answered } : undefined))
  const bob = app.billing.refresh(aUser('bob'))
  await until(() => expect(app.proxy.count(/bob/)).toBe(1))

  const page = open(app, 'Pro')
  // Wait for a second page's balances. By then, the first page has received its own.
  await open(app)
  await app.client.generate.mutate({ prompt: 'a cat', count: 2 })
  await until(async () => expect(await app.atFlowglad.events()).toMatchObject([{ amount: 2 }]))
  await app.atFlowglad.pay(ada, 'pro_monthly')
  answer()
  await bob
  expect(await page).toBe('Pro')
})

test('pushes the last known balances to a page that is opened while Flowglad is unavailable', async () => {
  await using app = await startApp({ options: { arrivalMaxAgeMs: 0 } })
  await open(app)
  app.proxy.breakWith(() => ({ state: 'refused' }))
  expect(await open(app)).toBe('Free')
})
