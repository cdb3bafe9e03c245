import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { startFlowgladLocal } from 'flowglad-local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pricing, signUp, startTestServer } from './testServer.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const recipe = await readFile(join(repository, 'docs/add-a-meter.md'), 'utf8')
const run = promisify(execFile)

/** The recipe's edits, in order. The sentence before each diff names the file to edit. */
const edits = recipe.split('\n```diff\n').flatMap((part, index, parts) => {
  const diff = parts[index + 1]?.split('\n```')[0]
  const file = [...part.matchAll(/`(apps\/[^`]+)`/g)].at(-1)?.[1]
  return diff === undefined ? [] : [{ file: file ?? '', diff }]
})
const addedLines = edits.flatMap(({ diff }) => diff.split('\n').filter((line) => line.startsWith('+')))

/** Applies a diff to the content. Each hunk's old lines must occur exactly once in the content. */
function applyDiff(content: string, diff: string): string {
  let edited = content
  for (const hunk of diff.split('\n@@\n')) {
    const without = (sign: string) => {
      const lines = hunk.split('\n').filter((line) => !line.startsWith(sign))
      return ['', ...lines.map((line) => line.slice(1)), ''].join('\n')
    }
    const parts = edited.split(without('+'))
    expect(parts, `occurrences of ${without('+')}`).toHaveLength(2)
    edited = parts.join(without('-'))
  }
  return edited
}

/**
 * A folder outside the repository that contains copies of both apps. The copies use the original apps'
 * packages.
 */
let copy = ''
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'metered-recipe-'))
  await cp(join(repository, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'))
  for (const app of ['server', 'web']) {
    const [from, to] = [join(repository, 'apps', app), join(copy, 'apps', app)]
    await mkdir(to, { recursive: true })
    for (const part of ['src', 'package.json', 'tsconfig.json'])
      await cp(join(from, part), join(to, part), { recursive: true })
    await symlink(join(from, 'node_modules'), join(to, 'node_modules'))
  }
  await writeFile(join(copy, 'apps/server/pricing.yaml'), pricing)
  const config = { compilerOptions: { paths: { '@metered/server': ['../server/src/router.ts'] } } }
  await writeFile(
    join(copy, 'apps/web/copy.json'),
    JSON.stringify({ extends: './tsconfig.json', ...config, include: ['src'] }),
  )
})
afterAll(() => rm(copy, { recursive: true, force: true }))

/** Applies the recipe's edits to the copy in order. Stops before the edit to the file `until`, if given. */
async function follow({ until }: { until?: string } = {}) {
  for (const { file, diff } of edits) {
    if (file === until) return
    const [original, target] = [join(repository, file), join(copy, file)]
    await writeFile(target, applyDiff(await readFile(original, 'utf8'), diff))
  }
}

/** Compiles the copied web app and the server API that it imports. Returns the compiler's errors. */
const compile = () =>
  run(
    join(repository, 'apps/web/node_modules/.bin/tsc'),
    ['-p', 'copy.json', '--singleThreaded', '--incremental', '--tsBuildInfoFile', 'copy.tsbuildinfo'],
    { cwd: join(copy, 'apps/web') },
  ).then(
    () => [],
    ({ stdout }: { stdout: string }) => stdout.trim().split('\n'),
  )

test('changes the number of files and adds the number of lines that the recipe states', () => {
  const files = new Set(edits.map(({ file }) => file)).size
  expect(recipe.replaceAll('\n', ' ')).toContain(`changes ${files} files and adds ${addedLines.length} lines`)
})

test("lets the web app compile only after the last edit, which adds the meter's texts", async () => {
  const words = 'apps/web/src/format/meters.ts'
  await follow({ until: words })
  expect(await compile()).toEqual([
    expect.stringMatching(/^src\/format\/meters\.ts.*Property 'captions' is missing/),
  ])
  await follow()
  expect(await compile()).toEqual([])
})

test("grants the new meter's units to a new customer and charges for a call", async () => {
  await follow()
  const changed = await readFile(join(copy, 'apps/server/pricing.yaml'), 'utf8')
  await using flowglad = await startFlowgladLocal({ pricing: changed })
  const { createServer } = await import(pathToFileURL(join(copy, 'apps/server/src/server.ts')).href)
  await using server = await startTestServer({ flowglad, create: createServer })
  const browser = await signUp(server)
  expect((await browser.call('studio.caption', { prompt: 'a barn' })).data).toBe('A picture of a barn')
  const { data } = await browser.call('billing.balances', {}, { method: 'GET' })
  expect(data.balances).toContainEqual(
    expect.objectContaining({ meter: 'captions', name: 'Captions', available: 19, used: 1, limit: 20 }),
  )
  await expect.poll(async () => (await server.flowgladUsage(browser.user.id)).used).toEqual({ captions: 1 })
})

test("grants the new meter's units at each renewal after the recipe's script has run", async () => {
  await follow()
  await using flowglad = await startFlowgladLocal({ pricing })
  const { url, key } = flowglad
  const request = async (path: string, body?: object) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: key, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    expect(response.status).toBe(200)
    return response.json()
  }
  for (let number = 0; number < 101; number++)
    await request('customers', { customer: { externalId: `${number}`, name: 'Ada', email: 'a@b.c' } })
  flowglad.updatePricing(await readFile(join(copy, 'apps/server/pricing.yaml'), 'utf8'))

  const script = join(copy, 'grantNewUnits.mjs')
  await writeFile(script, recipe.split('\n```js\n')[1]?.split('\n```')[0] ?? '')
  const env = { ...process.env, FLOWGLAD_BASE_URL: url, FLOWGLAD_SECRET_KEY: key }
  const runScript = async () => (await run(process.execPath, [script], { env })).stdout.trim().split('\n')
  expect(await runScript()).toHaveLength(101)
  expect(await runScript()).toEqual([''])

  const captions = async () => {
    const { usageMeterBalances } = await request('customers/100/usage-balances')
    const row = usageMeterBalances.find(({ slug }: { slug: string }) => slug === 'captions')
    return row?.availableBalance
  }
  expect(await captions()).toBeUndefined()
  for (let month = 0; month < 2; month++) {
    flowglad.advance(31 * 24 * 60 * 60 * 1000)
    expect(await captions()).toBe(20)
  }
})
