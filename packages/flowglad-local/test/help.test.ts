import { execFile } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { readOptions, readUsage, serverFlags } from '../src/options.ts'
import { readReplayOptions, replayFlags } from '../src/replayOptions.ts'
import { isWebhookSecret } from '../src/webhooks/webhookSecret.ts'
import { createDirectory, startProcess } from './process.ts'

const run = promisify(execFile)

const createsSecret = `node -p "'whsec_' + crypto.randomBytes(24).toString('base64')"`

/** Copies the command to a package folder without `dist/`. */
async function copyCommand(folder: string): Promise<string> {
  await cp(fileURLToPath(new URL('../bin', import.meta.url)), `${folder}/bin`, { recursive: true })
  return `${folder}/bin/flowglad-local.js`
}

it.each(['--help', '-h'])('prints the help for %s before the package is built', async (flag) => {
  await using directory = await createDirectory()
  const command = await copyCommand(directory.path)
  expect(await run(process.execPath, [command, flag])).toEqual({ stdout: readUsage(), stderr: '' })
})

it.each(['--replay', '--record=x.json'])(
  'prints the replay help for %s --help before the package is built',
  async (option) => {
    await using directory = await createDirectory()
    const command = await copyCommand(directory.path)
    expect(await run(process.execPath, [command, option, '--help'])).toEqual({
      stdout: readUsage('help-replay'),
      stderr: '',
    })
  },
)

it('explains every option in the help', () => {
  for (const [flags, help] of [
    [serverFlags, readUsage()],
    [replayFlags, readUsage('help-replay')],
  ] as const)
    expect(Object.keys(flags).filter((name) => !new RegExp(`^  --${name}\\b`, 'm').test(help))).toEqual([])
})

it('prints the build command before the package is built', async () => {
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
  [
    'an unknown option',
    ['--prot', '1'],
    {},
    "Unknown option '--prot'. Did you mean --port? --help lists the options.",
  ],
  [
    'a file without an option',
    ['pricing.yml'],
    {},
    "Unexpected argument 'pricing.yml'. To use a pricing file, add --pricing before its name. --help lists the options.",
  ],
  [
    'a missing pricing file',
    ['--pricing', 'none.yaml'],
    {},
    'No pricing file at none.yaml. Choose a file with --pricing FILE. --help shows an example of its content.',
  ],
  [
    'an invalid webhook secret',
    ['--webhook-url', 'http://127.0.0.1:1', '--webhook-secret', 'none'],
    {},
    `A webhook secret must be "whsec_" followed by a base64-encoded key. Create one: ${createsSecret}`,
  ],
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

it('shows a command that creates a webhook secret', async () => {
  expect(readUsage()).toContain(createsSecret)
  const [, script = ''] = /"(.*)"/.exec(createsSecret) ?? []
  expect(isWebhookSecret((await run(process.execPath, ['-p', script])).stdout.trim())).toBe(true)
})

it.each([
  ['a server', []],
  ['a recorder', ['--record', 'new.json', '--against', 'http://127.0.0.1:1']],
])('reports in one line that the port of %s is in use', async (_, args) => {
  await using directory = await createDirectory()
  await using first = await startProcess(directory.path)
  const { port } = new URL(first.url)
  await using second = await startProcess(directory.path, { args: [...args, '--port', port] })
  expect([await second.ended, second.errors()]).toEqual([
    1,
    `Port ${port} is already in use. Choose another port with --port N, or a free one with --port 0.\n`,
  ])
})

it('reports a database that cannot be opened in one line', async () => {
  await using directory = await createDirectory()
  await using server = await startProcess(directory.path, { args: ['--db', '.'] })
  expect([await server.ended, server.errors()]).toEqual([
    1,
    ". cannot be used as the database: it can't be opened. Choose a file in a folder that you can write to.\n",
  ])
})
