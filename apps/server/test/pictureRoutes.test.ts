import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pictureRoutes } from '../src/studio/pictureRoutes.ts'

const id = `${'0'.repeat(32)}-1`

const prompts: Record<string, string> = { bob: 'Élan: a fox, at 5 o’clock', mia: '山' }

/** The downloads of this user wait for the database until the test resumes them. */
const paused = { user: 'ada', reads: 0, resume: () => {} }
let waiting = new Promise<void>((resolve) => {
  paused.resume = resolve
})

const app = Fastify({ forceCloseConnections: true })
let url: string
let closed = 0
beforeAll(async () => {
  app.addHook('onRequest', async (_, reply) => {
    reply.raw.once('close', () => closed++)
  })
  await app.register(pictureRoutes, {
    user: async ({ headers }) => (headers.cookie ? { id: headers.cookie } : null),
    pictures: {
      has: async ({ user }) => user !== 'eve',
      async file({ user }) {
        if (user === 'eve') return undefined
        if (user === paused.user) {
          paused.reads++
          await waiting
        }
        return { file: Buffer.from('<svg/>'), contentType: 'image/svg+xml', prompt: prompts[user] ?? '' }
      },
    },
    downloads: {
      running: 3,
      runningPerCustomer: 2,
      waiting: 6,
      waitingPerCustomer: 3,
      maxWaitMs: 60_000,
      retryAfterMs: 1_200,
      maxMs: 60_000,
    },
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => app.close())

const download = (user: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${url}/api/studio/pictures/${id}`, {
    headers: { cookie: user, ...headers },
    ...(signal ? { signal } : {}),
  })

test("one user's excess downloads return 503 and don't delay another user", async () => {
  const flood = Array.from({ length: 9 }, () => download('ada'))
  const early = Array.from({ length: 4 }, () => Promise.race(flood))
  expect((await Promise.all(early)).map(({ status }) => status)).toEqual([503, 503, 503, 503])
  expect((await download('bob')).status).toBe(200)
  expect(paused.reads).toBe(2)
  paused.resume()
  const answers = await Promise.all(flood)
  const refused = answers.filter(({ status }) => status === 503)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(['2', '2', '2', '2'])
  expect(await refused[0]?.json()).toEqual({ error: 'busy', message: expect.stringContaining('Try again') })
})

test('a reader that disconnects frees its place in the queue', async () => {
  paused.reads = 0
  closed = 0
  waiting = new Promise<void>((resolve) => {
    paused.resume = resolve
  })
  const leaving = new AbortController()
  const abandoned = Array.from({ length: 5 }, () => download('ada', {}, leaving.signal).catch(() => null))
  await expect.poll(() => paused.reads).toBe(2)
  leaving.abort()
  await expect.poll(() => closed).toBe(5)
  await Promise.all(abandoned)
  paused.resume()
  expect((await download('ada')).status).toBe(200)
  expect(paused.reads).toBe(3)
})

test('returns 304 for an unchanged picture only to its owner and does not read the file', async () => {
  paused.reads = 0
  const unchanged = { 'if-none-match': `"${id}"` }
  expect((await download('ada', unchanged)).status).toBe(304)
  expect(paused.reads).toBe(0)
  expect((await download('eve', unchanged)).status).toBe(404)
})

test('names a downloaded file after its prompt', async () => {
  const nameOf = async (user: string) => (await download(user)).headers.get('content-disposition')
  expect(await nameOf('bob')).toBe('inline; filename="elan-a-fox-at-5-o-clock.svg"')
  expect(await nameOf('mia')).toBe('inline; filename="picture.svg"')
})
