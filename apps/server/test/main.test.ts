import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The process as it is started, from a folder that has nothing to do with it. */
function start(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', FLOWGLAD_BASE_URL: 'http://127.0.0.1:9', ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const ended = once(child, 'exit').then(([code]) => ({ code, output }))
  return { child, ended, output: () => output }
}

async function listenSomewhere() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port was given')
  return { server, port: address.port }
}

test('in production form it does not start without a secret, and says so', async () => {
  const { code, output } = await start({ NODE_ENV: 'production' }).ended
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('AUTH_SECRET') })
})

test('a busy port is named, with the way to another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-main-'))
  const { server, port } = await listenSomewhere()
  const env = { PORT: String(port), DATABASE_URL: `file:${join(folder, 'm.sqlite')}` }
  const { code, output } = await start(env).ended
  server.close()
  await rm(folder, { recursive: true, force: true })
  expect({ code, output }).toEqual({
    code: 1,
    output: expect.stringMatching(new RegExp(`Port ${port} is in use.*PORT=${port + 1}`)),
  })
})

test('with Flowglad away it starts all the same, is degraded, and ends with 0 when it is told to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-main-'))
  const { server, port } = await listenSomewhere()
  server.close()
  const { child, ended, output } = start({
    PORT: String(port),
    DATABASE_URL: `file:${join(folder, 'm.sqlite')}`,
  })
  const answer = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null)
  await expect.poll(async () => (await answer('/healthz'))?.status, { message: output() }).toBe(200)
  expect((await answer('/readyz'))?.status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

test('a database that does not answer is said in one line', async () => {
  const { code, output } = await start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing' }).ended
  expect(code).toBe(1)
  expect(output.trim().split('\n')).toEqual([expect.stringContaining('ECONNREFUSED')])
})
