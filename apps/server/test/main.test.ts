import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBuiltServer, startProcess } from './serverProcess.ts'
import { startSmtp } from './startSmtp.ts'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metered-main-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const fromSource = () => ['--import', import.meta.resolve('tsx'), join(packageFolder, 'src/main.ts')]

test('does not start in production mode without a secret', async () => {
  const { code, output } = await startBuiltServer({}).ended
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('AUTH_SECRET') })
})

test('reports the port that is in use and suggests another port', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const address = blocker.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const env = {
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: String(port),
    DATABASE_URL: `file:${join(folder, 'busy.sqlite')}`,
  }
  const { code, output } = await startBuiltServer(env).ended
  blocker.close()
  expect({ code, output }).toEqual({
    code: 1,
    output: expect.stringMatching(new RegExp(`Port ${port} is in use.*PORT=${port + 1}`)),
  })
})

test('starts while Flowglad is unreachable and exits with code 0 on SIGTERM', async () => {
  const env = {
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: '0',
    DATABASE_URL: `file:${join(folder, 'away.sqlite')}`,
  }
  const { child, ended, line } = startBuiltServer(env)
  const [, url] = await line(/Server listening at (http:[^"\s]+)/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
})

test.each([
  [{}, true],
  [{ SIGNUP_VERIFICATION: 'off' }, false],
])('warns once if anyone can get free credits, unless a setting allows this (%o)', async (env, warns) => {
  const { child, ended, line } = startBuiltServer({
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: '0',
    DATABASE_URL: `file:${join(folder, 'open.sqlite')}`,
    ...env,
  })
  await line(/Server listening/)
  child.kill('SIGTERM')
  const { output } = await ended
  expect(output.match(/Anyone can get free credits.*SIGNUP_VERIFICATION=off/g) ?? []).toHaveLength(
    warns ? 1 : 0,
  )
})

test('sends emails from the built server', async () => {
  await using smtp = await startSmtp()
  const { child, ended, line } = startBuiltServer({
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: '0',
    PUBLIC_URL: 'https://studio.example',
    DATABASE_URL: `file:${join(folder, 'mails.sqlite')}`,
    SMTP_URL: smtp.url,
  })
  const [, url] = await line(/Server listening at (http:[^"\s]+)/)
  const signedUp = await fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://studio.example' },
    body: JSON.stringify({ name: 'Ada', email: 'ada@example.com', password: 'a long password' }),
  })
  expect(signedUp.status).toBe(200)
  expect(await smtp.linkTo('ada@example.com')).toContain('/api/auth/verify-email?')
  child.kill('SIGTERM')
  expect((await ended).output).not.toContain('Anyone can get free credits')
})

test('logs one line about an unreachable database when the server runs from source', async () => {
  const { child, ended, line } = startProcess(fromSource(), {
    PORT: '0',
    DATABASE_URL: 'postgres://user@127.0.0.1:9/missing',
  })
  await line(/Waiting for the database/)
  child.kill('SIGTERM')
  const { output } = await ended
  expect(
    output
      .trim()
      .split('\n')
      .filter((text) => /ECONNREFUSED/.test(text) && /Waiting/.test(text)),
  ).toHaveLength(1)
})
