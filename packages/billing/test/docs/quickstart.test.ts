import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { billingText, pricingText } from '../../src/cli/init/newFiles.ts'
import { compile, createApp, linkPackages, packageFolder, run, start } from '../apps/createApp.ts'

const text = await readFile(join(packageFolder, '../../docs/quickstart.md'), 'utf8')
const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code = '']) => ({
  language,
  code,
}))
/**
 * Maps each file's name to its content in the quickstart. The first line of a code block names its file in a
 * comment.
 */
const files: Record<string, string> = Object.fromEntries(
  blocks.flatMap(({ code }) => {
    const [, path, content] = /^(?:\/\/|#) (\w+\.\w+)\n([\s\S]*)$/.exec(code) ?? []
    return path && content !== undefined ? [[path, content]] : []
  }),
)
const printed = blocks.find(({ language }) => language === 'text')?.code
const tsx = ['--import', import.meta.resolve('tsx')]

test('shows the billing.ts and the pricing.yaml that init writes', () => {
  expect(files['billing.ts']).toBe(billingText('user'))
  expect(files['pricing.yaml']).toBe(pricingText)
})

test('works as documented and records one unit for each successful call', async () => {
  await using app = await createApp({ ...files, 'package.json': '{ "type": "module" }' })
  await linkPackages(app.folder)
  expect(await compile(app.folder, { module: 'nodenext' })).toBe('')

  const [, flowgladArgs = ''] = /^npx flowglad-local (.*)$/m.exec(text) ?? []
  const flowgladMain = join(packageFolder, '../flowglad-local/src/main.ts')
  await using flowglad = start(app.folder, [flowgladMain, ...flowgladArgs.split(' '), '--port', '0'])
  const flowgladUrl = await flowglad.printed
  const PORT = String(await freePort())
  const env = {
    FLOWGLAD_BASE_URL: flowgladUrl,
    FLOWGLAD_SECRET_KEY: /FLOWGLAD_SECRET_KEY=(\S+)/.exec(text)?.[1] ?? '',
    PORT,
    PUBLIC_URL: `http://localhost:${PORT}`,
  }
  await using _server = start(app.folder, ['server.ts'], env)
  await expect
    .poll(() =>
      fetch(`${env.PUBLIC_URL}/readyz`).then(
        ({ status }) => status,
        () => null,
      ),
    )
    .toBe(200)
  expect(await run(app.folder, process.execPath, [...tsx, 'try.ts'], env)).toEqual({
    code: 0,
    stdout: printed,
    stderr: '',
  })

  const recorded = async () => {
    const response = await fetch(`${flowgladUrl}/api/v1/usage-events?limit=100`, {
      headers: { authorization: env.FLOWGLAD_SECRET_KEY },
    })
    const { data } = (await response.json()) as { data: { amount: number }[] }
    return data.map(({ amount }) => amount)
  }
  await expect.poll(recorded).toEqual([1, 1, 1])
})

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('No port')),
      )
    })
  })
}
