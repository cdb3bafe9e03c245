import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { defaultOptions } from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { aUser, type User } from '../flowglad/startStack.ts'
import { type SessionApp, startSessionApp } from './startSessionApp.ts'

/**
 * Opens a stream, and calls `opened` after its first chunk. Resolves to the code of the error that ends the stream.
 */
type Open = (app: SessionApp, opened: () => void) => Promise<string>

const codeOf = (error: unknown): string =>
  (error as { data?: { code?: string } | null }).data?.code ?? String(error)

const codeOfCaller = (error: unknown): string => String((error as { code?: string }).code)

const subscribing =
  (transport: 'http' | 'webSocket', path: 'watch' | 'observe' | 'news' | 'meteredNews' | 'balances'): Open =>
  (app, opened) =>
    new Promise((resolve) => {
      const end = (how: string) => {
        resolve(how)
        subscription.unsubscribe()
      }
      const events = {
        onData: opened,
        onError: (error: unknown) => end(codeOf(error)),
        onComplete: () => end('completed'),
        // After an outage, an EventSource reconnects instead of calling `onError`.
        onConnectionStateChange: ({ error }: { error?: unknown }) => error && end(codeOf(error)),
      }
      const client = app[transport]
      const subscription =
        path === 'balances'
          ? client.billing.onBalances.subscribe(undefined, events)
          : client[path].subscribe(undefined, events)
    })

const writing =
  (path: 'write' | 'writeFree'): Open =>
  async (app, opened) => {
    try {
      for await (const chunk of await app.http[path].mutate()) if (chunk === 'one') opened()
      return 'completed'
    } catch (error) {
      return codeOf(error)
    }
  }

const writingLater: Open = async (app, opened) => {
  const { text } = await app.http.writeLater.mutate()
  opened()
  return text.catch(codeOf)
}

/** Opens a stream and waits for its first chunk. */
async function open(app: SessionApp, stream: Open) {
  let end = Promise.resolve('never opened')
  await new Promise<void>((resolve) => {
    end = stream(app, resolve)
  })
  return { end, isOpen: async () => (await Promise.race([end, setTimeout(150, 'open')])) === 'open' }
}

const balancesOverHttp = subscribing('http', 'balances')
const streams: Record<string, Open> = {
  'a JSONL stream': writing('write'),
  'a promise in a JSONL response': writingLater,
  'a subscription over SSE': subscribing('http', 'watch'),
  'a subscription over a WebSocket': subscribing('webSocket', 'watch'),
  'an observable over SSE': subscribing('http', 'observe'),
  'an observable over a WebSocket': subscribing('webSocket', 'observe'),
  'a metered subscription whose session is checked twice': subscribing('http', 'meteredNews'),
  'a subscription that is not metered': subscribing('webSocket', 'news'),
  'a free stream': writing('writeFree'),
  'the balances over SSE': balancesOverHttp,
  'the balances over a WebSocket': subscribing('webSocket', 'balances'),
}
const metered = 7

/** Opens all streams. `ends` resolves to the error that ended each stream. */
async function openAll(app: SessionApp) {
  const opened = await Promise.all(
    Object.entries(streams).map(async ([name, stream]) => ({ name, ...(await open(app, stream)) })),
  )
  return {
    ends: async () =>
      Object.fromEntries(await Promise.all(opened.map(async ({ name, end }) => [name, await end]))),
  }
}
const all = (code: string) => Object.fromEntries(Object.keys(streams).map((name) => [name, code]))

test('ends all streams when their session ends and charges the units that they have counted', async () => {
  await using app = await startSessionApp()
  const { ends } = await openAll(app)
  app.setSession(null)
  expect(await ends()).toEqual(all('UNAUTHORIZED'))
  await expect.poll(app.charged).toEqual(Array.from({ length: metered }, () => ['tokens', 1]))
})

test('ends all streams when their session switches to another customer', async () => {
  await using app = await startSessionApp()
  const { ends } = await openAll(app)
  app.setSession(aUser('another organization'))
  expect(await ends()).toEqual(all('UNAUTHORIZED'))
})

test('keeps a stream open while its session belongs to the same customer', async () => {
  await using app = await startSessionApp()
  const { isOpen } = await open(app, balancesOverHttp)
  const before = app.reads()
  await expect.poll(app.reads).toBeGreaterThan(before + 3)
  expect(await isOpen()).toBe(true)
})

test('reads a session once per check, however many streams it has open', async () => {
  await using app = await startSessionApp({ options: { sessionCheckMs: 300 } })
  const opened = []
  for (let n = 0; n < 5; n++) opened.push(await open(app, n % 2 ? writing('write') : balancesOverHttp))
  const before = app.reads()
  app.setSession(null)
  for (const { end } of opened) expect(await end).toBe('UNAUTHORIZED')
  expect(app.reads() - before).toBeLessThanOrEqual(2)
})

test("ends only the streams of an organization that the session's user has left", async () => {
  await using app = await startSessionApp()
  const lost = new Set<string>()
  app.setSession(async ({ user }) => (lost.has(user.id) ? null : user))
  const streams = await Promise.all(
    ['acme', 'globex'].map(async (organization) => {
      const output = await app.router.createCaller({ user: aUser(organization) }).write()
      const answers = output[Symbol.asyncIterator]()
      await answers.next()
      return answers
    }),
  )
  const nextOf = ([answers]: typeof streams) => answers?.next().then(({ value }) => value, codeOfCaller)
  const before = app.reads()
  await expect.poll(app.reads).toBeGreaterThan(before + 3)
  expect(await nextOf(streams)).toBe('')
  lost.add('acme')
  await expect.poll(() => nextOf(streams)).toBe('UNAUTHORIZED')
  expect(await nextOf(streams.reverse())).toBe('')
})

test('stops reading a session after its last stream has ended', async () => {
  await using app = await startSessionApp()
  const { end } = await open(app, writing('write'))
  app.setSession(null)
  await end
  const before = app.reads()
  await setTimeout(150)
  expect(app.reads()).toBe(before)
})

const failures: [string, () => Promise<User | null>][] = [
  ['is unreachable', () => Promise.reject(new Error('the database is unreachable'))],
  ['does not respond', () => new Promise(() => {})],
]

test.each(failures)('keeps a stream open while the session store %s', async (_, read) => {
  await using app = await startSessionApp()
  const { end, isOpen } = await open(app, balancesOverHttp)
  app.setSession(read)
  expect(await isOpen()).toBe(true)
  app.setSession(aUser())
  expect(await isOpen()).toBe(true)
  app.setSession(null)
  expect(await end).toBe('UNAUTHORIZED')
})

/** Returns a test clock and the default check interval. */
const onTestClock = () => ({
  clock: testClock(),
  options: { sessionCheckMs: defaultOptions.sessionCheckMs },
})

test.each(failures)('ends a stream if the session store %s for two minutes', async (_, read) => {
  const setup = onTestClock()
  await using app = await startSessionApp(setup)
  const { end, isOpen } = await open(app, writing('write'))
  app.setSession(read)
  await setup.clock.advance(100_000)
  expect(await isOpen()).toBe(true)
  await setup.clock.advance(40_000)
  expect(await end).toBe('SERVICE_UNAVAILABLE')
  await expect.poll(app.charged).toEqual([['tokens', 1]])
})

test("rejects and doesn't charge a call over a WebSocket after the session has ended", async () => {
  await using app = await startSessionApp()
  expect(await app.webSocket.ping.mutate()).toBe('pong')
  app.setSession(null)
  await setTimeout(40)
  expect(await app.webSocket.ping.mutate().catch(codeOf)).toBe('UNAUTHORIZED')
  expect(await app.webSocket.billing.balances.query().catch(codeOf)).toBe('UNAUTHORIZED')
  expect(await app.webSocket.billing.cancel.mutate().catch(codeOf)).toBe('UNAUTHORIZED')
  expect(await app.webSocket.whoAmI.query().catch(codeOf)).toBe('UNAUTHORIZED')
  expect(await app.charged()).toEqual([['api_calls', 1]])
  app.setSession(aUser())
  expect(await app.webSocket.ping.mutate()).toBe('pong')
  expect(await app.webSocket.whoAmI.query()).toBe('ada')
})

test.each(failures)(
  'accepts calls over a WebSocket if the session store %s for less than two minutes',
  async (_, read) => {
    const setup = onTestClock()
    await using app = await startSessionApp(setup)
    expect(await app.webSocket.ping.mutate()).toBe('pong')
    app.setSession(read)
    const ping = async (afterMs: number) => {
      await setup.clock.advance(afterMs)
      const answer = app.webSocket.ping.mutate().catch(codeOf)
      const answered = answer.then(() => true)
      // Advance the clock until the server gives up on a store that doesn't respond.
      while (!(await Promise.race([answered, setTimeout(20, false)]))) await setup.clock.advance(1_000)
      return answer
    }
    expect(await ping(60_000)).toBe('pong')
    expect(await ping(120_000)).toBe('SERVICE_UNAVAILABLE')
  },
)

test('does not read the session again for a call over HTTP', async () => {
  await using app = await startSessionApp({ options: { sessionCheckMs: 0 } })
  expect(await app.http.ping.mutate()).toBe('pong')
  expect(app.reads()).toBe(0)
})

test.each<[string, (ctx: { user: User }) => void]>([
  [
    'returns another customer',
    (ctx) => {
      ctx.user = aUser('another organization')
    },
  ],
  [
    'throws',
    (ctx) => {
      Object.defineProperty(ctx, 'user', {
        get() {
          throw new Error('no longer a member')
        },
      })
    },
  ],
])('ends a stream when `customer` %s even without a session store', async (_, change) => {
  await using app = await startSessionApp({ hasStore: false })
  const ctx = { user: aUser() }
  const stream = await app.router.createCaller(ctx).billing.onBalances()
  const answers = stream[Symbol.asyncIterator]()
  expect((await answers.next()).value).toMatchObject({ customer: 'ada' })
  change(ctx)
  await expect(answers.next()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
})
