import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSmtp } from './startSmtp.ts'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
let built = ''
let folder = ''
beforeAll(async () => {
  // The built server must be inside node_modules to find its external packages.
  built = await mkdtemp(join(packageFolder, 'node_modules/.main-test-'))
  folder = await mkdtemp(join(tmpdir(), 'metered-main-'))
  await build({ root: packageFolder, logLevel: 'error', build: { ssr: 'src/main.ts', outDir: built } })
})
afterAll(async () => {
  await Promise.all([built, folder].map((path) => rm(path, { recursive: true, force: true })))
})

const fromBuild = () => [join(built, 'main.js')]
const fromSource = () => ['--import', import.meta.resolve('tsx'), join(packageFolder, 'src/main.ts')]

/** Starts the server as a separate process, in an unrelated folder. */
function start(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, args, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', FLOWGLAD_BASE_URL: 'http://127.0.0.1:9', ...env },
  })
  let output = ''
  /** Resolves with the first match in the output. Rejects if the process ends without a match. */
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output)
        if (match) resolve(match)
      }
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
      child.once('close', () =>
        reject(new Error(`The process ended without printing ${pattern}:\n${output}`)),
      )
      look()
    })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const ended = once(child, 'close').then(([code]) => ({ code, output }))
  return { child, ended, line }
}

test('does not start in production mode without a secret', async () => {
  const { code, output } = await start(fromBuild(), {}).ended
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
  const { code, output } = await start(fromBuild(), env).ended
  blocker.close()
  expect({ code, output }).toEqual({
    code: 1,
    output: expect.stringMatching(new RegExp(`Port ${port} is in use.*PORT=${port + 1}`)),
  })
})

test('starts while Flowglad is unreachable, and exits with code 0 on SIGTERM', async () => {
  const env = {
    AUTH_SECRET: randomBytes(32).toString('hex'),
    PORT: '0',
    DATABASE_URL: `file:${join(folder, 'away.sqlite')}`,
  }
  const { child, ended, line } = start(fromBuild(), env)
  const [, url] = await line(/Server listening at (http:[^"\s]+)/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
})

test.each([
  [{}, true],
  [{ SIGNUP_VERIFICATION: 'off' }, false],
])('warns once if anyone can get free credits, unless that is intended (%o)', async (env, warns) => {
  const { child, ended, line } = start(fromBuild(), {
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

test('sends mails from the built server', async () => {
  await using smtp = await startSmtp()
  const { child, ended, line } = start(fromBuild(), {
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

test('reports an unreachable database in one line when the server runs from source', async () => {
  const { code, output } = await start(fromSource(), {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing',
  }).ended
  expect(code).toBe(1)
  expect(output.trim().split('\n')).toEqual([expect.stringContaining('ECONNREFUSED')])
})
