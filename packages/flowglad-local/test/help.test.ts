import { execFile } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { readOptions, readUsage } from '../src/options.ts'
import { readReplayOptions } from '../src/replayOptions.ts'
import { createDirectory } from './process.ts'

const run = promisify(execFile)

/** Copies the command to a package folder without `dist/`. */
async function copyCommand(folder: string): Promise<string> {
  await cp(fileURLToPath(new URL('../bin', import.meta.url)), `${folder}/bin`, { recursive: true })
  return `${folder}/bin/flowglad-local.js`
}

it.each(['--help', '-h'])('prints the help for %s before the first build', async (flag) => {
  await using directory = await createDirectory()
  const command = await copyCommand(directory.path)
  expect(await run(process.execPath, [command, flag])).toEqual({ stdout: readUsage(), stderr: '' })
})

it('prints the build command before the first build', async () => {
  await using directory = await createDirectory()
  const command = await copyCommand(directory.path)
  await expect(run(process.execPath, [command])).rejects.toMatchObject({
    code: 1,
    stderr: 'flowglad-local is not built yet. Build it once with: npx -y pnpm@12 build\n',
  })
})

it('names every environment variable in the help', async () => {
  const source = await readFile(new URL('../src/options.ts', import.meta.url), 'utf8')
  const variables = [...new Set(source.match(/FLOWGLAD_LOCAL_\w+/g))]
  expect(variables.filter((variable) => !readUsage().includes(variable))).toEqual([])
})

it.each([
  ['an unknown option', ['--prot', '1'], {}, "Unknown option '--prot'. --help lists the options."],
  ['a missing value', ['--port'], {}, "Option '--port <value>' argument missing. --help lists the options."],
  [
    'an invalid number',
    ['--latency', 'soon'],
    {},
    'latency must be a whole number from 0 to 600000, not "soon"',
  ],
  ['an invalid switch', [], { FLOWGLAD_LOCAL_SEED: 'yes' }, 'seed must be on or off, not "yes"'],
  [
    'a repeated key',
    ['--key', 'a', '--key', 'a'],
    {},
    'The API key a appears twice. Use a different key for each --key.',
  ],
  [
    'keys without pricing files',
    ['--key', 'a', '--pricing', 'pricing.yaml', '--pricing', 'pricing.yaml'],
    {},
    'The number of pricing files (2) must match the number of API keys (1). Give each --key its own --pricing, or give one --pricing for all.',
  ],
])('reports %s in one line', async (_, args, env, line) => {
  await using directory = await createDirectory()
  const pricing = { FLOWGLAD_LOCAL_PRICING: directory.file('pricing.yaml') }
  const given = args.map((arg) => (arg === 'pricing.yaml' ? directory.file(arg) : arg))
  expect(() => readOptions(given, { ...pricing, ...env })).toThrow(new Error(line))
})

it('reports an unknown option of a replay in one line', () => {
  expect(() => readReplayOptions(['--replay', 'a.json', '--seed'])).toThrow(
    new Error("Unknown option '--seed'. --help lists the options."),
  )
})
