import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pricingText } from '../../src/cli/init/newFiles.ts'
import { compile, createApp, linkPackages, packageFolder, run, start } from '../apps/createApp.ts'

const readme = await readFile(join(packageFolder, 'README.md'), 'utf8')
const [, section = ''] = readme.split('\n## A team with a cap for each member\n')
const blocks = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, , code = '']) => code)
const [team = '', tries = '', printed = ''] = blocks

test('the README’s example of a team limits one member and not the other', async () => {
  const files = { 'team.ts': team, 'try-team.ts': tries, 'pricing.yaml': pricingText }
  await using app = await createApp({ ...files, 'package.json': '{ "type": "module" }' })
  await linkPackages(app.folder)
  expect(await compile(app.folder, { module: 'nodenext' })).toBe('')
  const flowgladMain = join(packageFolder, '../flowglad-local/src/main.ts')
  await using flowglad = start(app.folder, [flowgladMain, '--pricing', 'pricing.yaml', '--port', '0'])
  const env = { FLOWGLAD_BASE_URL: await flowglad.printed, FLOWGLAD_SECRET_KEY: 'sk_test_local' }
  const tsx = ['--import', import.meta.resolve('tsx')]
  const result = await run(app.folder, process.execPath, [...tsx, 'try-team.ts'], env)
  // An alert is delivered a moment after the call, so the position of its line varies.
  const sorted = (text: string) => text.split('\n').sort()
  expect({ ...result, stdout: sorted(result.stdout) }).toEqual({
    code: 0,
    stderr: '',
    stdout: sorted(printed),
  })
})
