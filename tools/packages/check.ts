/**
 * Checks the packages in the form that apps install. Lints the tarballs of `pack.ts`, and runs the packed `metered`
 * command. Compiles `consumer/` against the packed types with the oldest and the newest TypeScript, both
 * module resolutions, CommonJS, and the oldest and the newest peers. Also checks the declaration files (no
 * `skipLibCheck`).
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { packageTarballs, type Tarball } from './tarballs.ts'

const here = dirname(fileURLToPath(import.meta.url))
const oldestTypeScript = 'typescript-5.7'
/** Workspace packages that depend on the oldest or the newest peers. `react-oldest` also depends on the oldest tRPC. */
const peerVersions = ['react-oldest', 'trpc-newest']
const nodenext = { module: 'nodenext', moduleResolution: 'nodenext' }
const bundler = { module: 'esnext', moduleResolution: 'bundler' }

const folder = await mkdtemp(join(tmpdir(), 'packages-'))
try {
  const tarballs = await Promise.all((await packageTarballs()).map(unpack))
  const results = [
    ...(await Promise.all(tarballs.map(lint))).flat(),
    ...(await Promise.all(tarballs.map(checkManifest))).flat(),
    ...(await compileConsumer(tarballs)),
    ...(await runCommand(tarballs)),
  ]
  if (results.length > 0) {
    console.error(results.join('\n\n'))
    process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

interface UnpackedTarball extends Tarball {
  /** The unpacked package. */
  content: string
}

/** Unpacks a tarball into the consumer's node_modules. */
async function unpack(tarball: Tarball): Promise<UnpackedTarball> {
  const content = join(folder, 'consumer/node_modules', tarball.name)
  await mkdir(content, { recursive: true })
  await run('tar', ['-xzf', tarball.file, '--strip-components=1', '-C', content], folder)
  return { ...tarball, content }
}

/**
 * Runs publint and Are The Types Wrong, and returns the reports of those that fail. The packages contain only ES
 * modules.
 */
async function lint({ name, file }: UnpackedTarball): Promise<string[]> {
  const reports = [
    await output('publint', [file, '--strict'], here),
    // The code is an ES module, but CommonJS apps get CommonJS types (see `writeCommonJsTypes.js`).
    await output('attw', [file, '--profile', 'esm-only', '--ignore-rules', 'false-cjs'], here),
  ]
  console.log(`linted ${name}`)
  return reports.filter((it) => it !== null)
}

/**
 * Returns a message for each `workspace:` or `catalog:` version in the manifest, each unnecessary file, and each
 * missing file.
 */
async function checkManifest({ name, content }: UnpackedTarball): Promise<string[]> {
  const manifest = await readFile(join(content, 'package.json'), 'utf8')
  const files = await readdir(content, { recursive: true })
  return [
    ...(manifest.match(/"(catalog|workspace):[^"]*"/g) ?? []).map(
      (it) => `${name}: package.json contains ${it}`,
    ),
    ...files
      .filter((it) => /(^|\/)(test|bench)\/|\.test\.|\.tsx?$/.test(it) && !it.endsWith('.d.ts'))
      .map((it) => `${name}: packs ${it}`),
    ...['LICENSE', 'README.md', ...(name === '@metered/billing' ? ['skills/metered/SKILL.md'] : [])]
      .filter((it) => !files.includes(it))
      .map((it) => `${name}: lacks ${it}`),
  ]
}

/**
 * Compiles the consumer with several combinations of compiler, module resolution and peer version. Returns the
 * compilers' errors.
 */
async function compileConsumer(tarballs: UnpackedTarball[]): Promise<string[]> {
  const consumer = join(folder, 'consumer')
  await cp(join(here, 'consumer'), consumer, { recursive: true })
  await linkDependencies(join(consumer, 'node_modules'), new Set(tarballs.map(({ name }) => name)))
  const errors = [
    await compile(consumer, { compiler: oldestTypeScript }),
    await compile(consumer),
    // Both resolutions load the same declarations, so each compiler checks them only once.
    await compile(consumer, { compiler: oldestTypeScript, resolution: bundler, skipLibCheck: true }),
    await compile(consumer, { resolution: bundler, skipLibCheck: true }),
    await compile(consumer, { type: 'commonjs' }),
  ]
  for (const peers of peerVersions) {
    await linkPeers(join(consumer, 'node_modules'), peers)
    errors.push(await compile(consumer, { peers }))
  }
  // TypeScript can name an inferred type through any entry point that the program imports. A server doesn't import
  // the browser entry points, so the server files must also compile without them.
  for (const file of ['client.ts', 'hooks.tsx']) await rm(join(consumer, file))
  errors.push(await compile(consumer, { peers: 'newest tRPC (server files only)' }))
  // Apps don't have to install the optional peers, so the other files must also compile without them.
  for (const file of ['servers.ts', 'options.ts']) await rm(join(consumer, file))
  for (const peer of ['fastify', '@trpc/client']) await rm(join(consumer, 'node_modules', peer))
  errors.push(await compile(consumer, { peers: 'newest tRPC (no optional peer)' }))
  return errors.filter((it) => it !== null)
}

/** Compiles the consumer with the given settings. Returns the compiler's errors, or null if there are none. */
async function compile(
  consumer: string,
  {
    compiler = 'typescript',
    resolution = nodenext,
    type = 'module',
    peers = 'installed peers',
    skipLibCheck = false,
  } = {},
): Promise<string | null> {
  const title = `${type} with ${compiler}, ${peers} and moduleResolution ${resolution.moduleResolution}`
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ type, private: true }))
  const compilerOptions = {
    ...resolution,
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    jsx: 'react-jsx',
    types: ['node'],
    strict: true,
    skipLibCheck,
    declaration: true,
    outDir: 'out',
  }
  const config = JSON.stringify({ compilerOptions, include: ['*.ts', '*.tsx'] })
  await writeFile(join(consumer, 'tsconfig.json'), config)
  const tsc = join(here, 'node_modules', compiler, 'bin/tsc')
  const errors = await output(process.execPath, [tsc, '-p', consumer, '--pretty', 'false'], consumer)
  console.log(`compiled the consumer: ${title}`)
  return errors && `${title}:\n${errors}`
}

/** Replaces the consumer's peers with the versions that the workspace package `peers` depends on. */
async function linkPeers(to: string, peers: string) {
  const from = join(here, 'node_modules', peers)
  const { dependencies } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    await rm(join(to, name), { force: true, recursive: true })
    await mkdir(dirname(join(to, name)), { recursive: true })
    await symlink(join(from, 'node_modules', name), join(to, name))
  }
}

/**
 * Runs the packed `metered init` in an app. Returns an error message if the command fails or doesn't write
 * its files.
 */
async function runCommand(tarballs: UnpackedTarball[]): Promise<string[]> {
  const content = tarballs.find(({ name }) => name === '@metered/billing')?.content ?? ''
  const { bin } = JSON.parse(await readFile(join(content, 'package.json'), 'utf8'))
  if (JSON.stringify(Object.keys(bin ?? {})) !== '["metered"]')
    return ['@metered/billing: its only bin must be "metered"']
  const app = join(folder, 'app')
  await mkdir(app)
  await writeFile(
    join(app, 'trpc.ts'),
    "import { initTRPC } from '@trpc/server'\nexport const t = initTRPC.create()\n",
  )
  const failure = await output(process.execPath, [join(content, bin.metered), 'init', '--write'], app)
  if (failure !== null) return [`metered init:\n${failure}`]
  console.log('ran metered init')
  const files = await readdir(app)
  return ['billing.ts', 'pricing.yaml']
    .filter((it) => !files.includes(it))
    .map((it) => `metered init: did not write ${it}`)
}

/** Creates links in the consumer's `node_modules` to the other packages that an app installs. */
async function linkDependencies(to: string, packed: Set<string>) {
  const from = join(here, 'node_modules')
  for (const entry of await readdir(from)) {
    if (entry.startsWith('.')) continue
    const names = entry.startsWith('@')
      ? (await readdir(join(from, entry))).map((it) => `${entry}/${it}`)
      : [entry]
    for (const name of names) {
      if (packed.has(name)) continue
      await mkdir(dirname(join(to, name)), { recursive: true })
      await symlink(join(from, name), join(to, name))
    }
  }
}

/** Runs a program. Returns the program's output if the program fails, and null if it succeeds. */
async function output(program: string, args: string[], cwd: string): Promise<string | null> {
  try {
    await run(program, args, cwd)
    return null
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    return `${stdout ?? ''}${stderr ?? ''}`.trim() || String(error)
  }
}

function run(program: string, args: string[], cwd: string) {
  const local = join(here, 'node_modules/.bin')
  return promisify(execFile)(program, args, {
    cwd,
    env: { ...process.env, PATH: `${local}:${process.env.PATH}` },
    maxBuffer: 1e8,
  })
}
