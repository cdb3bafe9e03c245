import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { parsePricing, startFlowgladLocal } from '../src/index.ts'
import { isWebhookSecret } from '../src/webhooks/webhookSecret.ts'

const run = promisify(execFile)
const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const text = await readFile(join(packageFolder, 'README.md'), 'utf8')
const blocks = [...text.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
/** The files that the README shows. Each file starts with a comment that contains its name. */
const files = Object.fromEntries(
  blocks.flatMap((code) => {
    const name = /^(?:\/\/|#) (\w+\.\w+)\n/.exec(code)?.[1]
    return name === undefined ? [] : [[name, code]]
  }),
)
const pricing = files['pricing.yaml'] ?? ''
const tsx = ['--import', import.meta.resolve('tsx')]

/** Creates an app's folder with the README's files and the packages that the README installs. */
async function createApp() {
  const path = await mkdtemp(join(tmpdir(), 'flowglad-local-'))
  const modules = join(path, 'node_modules')
  await mkdir(join(modules, '@flowglad'), { recursive: true })
  await symlink(packageFolder, join(modules, 'flowglad-local'))
  await symlink(join(packageFolder, 'node_modules/@flowglad/server'), join(modules, '@flowglad/server'))
  for (const [name, code] of Object.entries(files)) await writeFile(join(path, name), code)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

it('shows a complete file in every TypeScript and YAML block', () => {
  expect(Object.keys(files)).toEqual(['pricing.yaml', 'example.mts', 'receiver.mts'])
  expect(text.match(/^```(ts|yaml)$/gm)).toHaveLength(3)
})

it('shows the same valid pricing file as the help', async () => {
  expect(parsePricing(pricing).name).toBe('Sketch')
  const help = await readFile(join(packageFolder, 'bin/help.txt'), 'utf8')
  const [, example = ''] = help.split('A short pricing file:\n\n')
  expect(`# pricing.yaml\n${example.replace(/^ {2}/gm, '')}`).toBe(pricing)
})

it("runs the README's example.mts unchanged", async () => {
  await using app = await createApp()
  const { stdout } = await run(process.execPath, [...tsx, 'example.mts'], { cwd: app.path })
  expect(stdout).toMatch(/^Free Subscription\nsk_test_\w{21}\n$/)
})

it("runs the README's receiver.mts with a secret from the README's command", async () => {
  const [, script = ''] = /^export WEBHOOK_SECRET=\$\(node -p "(.*)"\)$/m.exec(text) ?? []
  const secret = (await run(process.execPath, ['-p', script])).stdout.trim()
  expect(isWebhookSecret(secret)).toBe(true)
  await using app = await createApp()
  const port = await freePort()
  // Use a free port, because another process may use the README's port.
  await writeFile(join(app.path, 'receiver.mts'), files['receiver.mts']?.replace('3000', port) ?? '')
  const receiver = spawn(process.execPath, [...tsx, 'receiver.mts'], {
    cwd: app.path,
    env: { PATH: process.env.PATH, WEBHOOK_SECRET: secret },
  })
  let output = ''
  receiver.stdout.on('data', (chunk) => {
    output += chunk
  })
  try {
    const url = `http://127.0.0.1:${port}/hook`
    await vi.waitFor(async () => expect((await fetch(url, { method: 'POST' })).status).toBe(400), {
      timeout: 30_000,
    })
    await using flowglad = await startFlowgladLocal({ pricing, webhook: { url, secret } })
    await fetch(`${flowglad.url}/api/v1/customers`, {
      method: 'POST',
      headers: { authorization: flowglad.key, 'content-type': 'application/json' },
      body: JSON.stringify({ customer: { externalId: 'ada', name: 'Ada', email: 'ada@example.com' } }),
    })
    await vi.waitFor(() => expect(output).toContain("object: 'customer'"), { timeout: 30_000 })
  } finally {
    receiver.kill()
  }
})

async function freePort(): Promise<string> {
  await using server = await startFlowgladLocal({ pricing })
  return new URL(server.url).port
}
