import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** An app's files, as a map from each file's path to its content. */
export type AppFiles = Record<string, string>

export const packageFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Writes an app to a temporary folder. */
export async function createApp(files: AppFiles) {
  const folder = await mkdtemp(join(tmpdir(), 'metered-app-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return {
    folder,
    read: (path: string) => readFile(join(folder, path), 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Creates links in the app's `node_modules` to this package and to the packages that the app imports. */
export async function linkPackages(folder: string) {
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@metered'), { recursive: true })
  await symlink(packageFolder, join(modules, '@metered/billing'))
  for (const name of ['@trpc', '@types', 'fastify', 'libsql', 'zod'])
    await symlink(join(packageFolder, 'node_modules', name), join(modules, name))
}

/** Runs a program in the app's folder. Returns the exit code and the output, even if the program fails. */
export async function run(folder: string, program: string, args: string[], env: Record<string, string> = {}) {
  try {
    const options = { cwd: folder, env: { ...process.env, ...env } }
    const { stdout, stderr } = await promisify(execFile)(program, args, options)
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, stdout, stderr }
  }
}

/** Compiles the app's TypeScript files and returns the compiler's errors. */
export async function compile(folder: string, options: object): Promise<string> {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    // The workspace's packages resolve to their sources, whose imports end in `.ts`.
    allowImportingTsExtensions: true,
    ...options,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*'] }))
  const tsc = join(packageFolder, 'node_modules/typescript/bin/tsc')
  return (await run(folder, process.execPath, [tsc, '--pretty', 'false'])).stdout
}

/** Starts a TypeScript program in the app's folder. `printed` resolves to the first URL that the program prints. */
export function start(folder: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const printed = new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      const [url] = /http:\S+/.exec(output) ?? []
      if (url) resolve(url)
    })
    child.once('exit', () =>
      reject(new Error(`The program ended before it printed a URL. Its output: ${output}`)),
    )
  })
  printed.catch(() => {})
  return {
    printed,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
    },
  }
}
