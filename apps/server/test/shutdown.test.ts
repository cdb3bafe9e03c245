// Tests how unfinished texts are charged when a built server stops or crashes.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBuiltServer } from './serverProcess.ts'
import { type Browser, pricing, readFlowgladUsage, signUp } from './testServer.ts'

let folder = ''
let flowglad: FlowgladLocal
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-shutdown-'))
  flowglad = await startFlowgladLocal({ pricing })
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await flowglad.close()
})

/** Starts a built server whose texts take half a minute. By default, the server uses a new database. */
async function start(
  database = join(folder, `${randomUUID()}.sqlite`),
  authSecret = randomBytes(32).toString('hex'),
) {
  const running = startBuiltServer({
    AUTH_SECRET: authSecret,
    PORT: '0',
    PUBLIC_URL: 'http://localhost:5173',
    DATABASE_URL: `file:${database}`,
    FLOWGLAD_BASE_URL: flowglad.url,
    FLOWGLAD_SECRET_KEY: flowglad.key,
    SIGNUP_VERIFICATION: 'off',
    STUDIO_LATENCY_MS: '2000',
    HOLD_TTL_MS: '600',
    SHUTDOWN_GRACE_MS: '2000',
  })
  const [, url = ''] = await running.line(/Server listening at (http:[^"\s]+)/)
  return { ...running, url, restart: () => start(database, authSecret) }
}

const input = { prompt: 'a long story about a harbor', maxTokens: 1_000 }

/**
 * Starts reading a text and returns once `count` tokens have arrived. Reading continues in the background.
 */
async function readText(browser: Browser, count: number) {
  const tokens: string[] = []
  const stream = await browser.api.studio.write.mutate(input)
  const ended = (async () => {
    for await (const token of stream) tokens.push(token)
  })().catch((error: unknown) => error)
  await expect.poll(() => tokens.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count)
  return { tokens, ended }
}

const usedTokens = async (browser: Browser) =>
  (await readFlowgladUsage(flowglad, browser.user.id)).used.tokens ?? 0

test('charges the tokens of a text and ends the text with an error when the server receives SIGTERM', async () => {
  const { child, ended, url, restart } = await start()
  const browser = await signUp({ url })
  const text = await readText(browser, 5)
  child.kill('SIGTERM')
  expect(await text.ended).toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } })
  expect(await ended).toMatchObject({ code: 0 })
  await using next = disposable(await restart())
  await expect.poll(() => usedTokens(browser), { timeout: 20_000 }).toBeGreaterThanOrEqual(text.tokens.length)
  const { balances } = await browser.at(next.url).api.billing.balances.query()
  expect(balances).toContainEqual(
    expect.objectContaining({ meter: 'tokens', held: 0, used: await usedTokens(browser) }),
  )
})

test('charges the tokens of a text whose reader has stalled and exits in time when the server receives SIGTERM', async () => {
  const { child, ended, url, restart } = await start()
  const browser = await signUp({ url })
  const response = await browser.fetch('/trpc/studio.write?batch=1', {
    method: 'POST',
    headers: { 'trpc-accept': 'application/jsonl' },
    body: JSON.stringify({ 0: input }),
  })
  const read = response.body?.getReader()
  for (let text = ''; text.split('\n').length < 8; )
    text += new TextDecoder().decode((await read?.read())?.value)
  const startedAt = performance.now()
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })
  expect(performance.now() - startedAt).toBeLessThan(20_000)
  await using _ = disposable(await restart())
  await expect.poll(() => usedTokens(browser), { timeout: 20_000 }).toBeGreaterThan(0)
})

test('charges the stored tokens of a text once after the server is killed and restarted', async () => {
  const { child, ended, url, restart } = await start()
  const browser = await signUp({ url })
  const text = await readText(browser, 40)
  child.kill('SIGKILL')
  await ended
  expect(await text.ended).toBeInstanceOf(Error)
  const next = await restart()
  await using _ = disposable(next)
  await expect.poll(() => usedTokens(browser), { timeout: 30_000 }).toBeGreaterThan(0)
  const used = await usedTokens(browser)
  expect(used).toBeLessThanOrEqual(text.tokens.length + 20)
  const { balances } = await browser.at(next.url).api.billing.balances.query()
  expect(balances).toContainEqual(expect.objectContaining({ meter: 'tokens', held: 0, used }))
})

const disposable = <T extends { child: { kill(signal: NodeJS.Signals): unknown }; ended: Promise<unknown> }>(
  it: T,
) => ({
  ...it,
  async [Symbol.asyncDispose]() {
    it.child.kill('SIGKILL')
    await it.ended
  },
})
