import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { studioPricing } from './studioPricing.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
// Each parallel worker has its own output folder and bundles the command once.
const outDir = join(root, 'node_modules/.flowglad-local', process.env.VITEST_POOL_ID ?? '')
let bundle: Promise<string> | undefined

/**
 * Bundles the command as `pnpm build` does, and returns the bundle's path. The bundle starts faster than the
 * sources.
 */
async function bundleCommand(): Promise<string> {
  await build({ root, logLevel: 'error', build: { ssr: 'src/main.ts', outDir, emptyOutDir: true } })
  return join(outDir, 'main.js')
}

/** Creates a temporary directory with the studio's pricing file. */
export async function createDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'flowglad-local-'))
  await writeFile(join(path, 'pricing.yaml'), JSON.stringify(studioPricing))
  return {
    path,
    file: (name: string) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** Starts the command as a process and waits until it listens or exits. */
export async function startProcess(
  directory: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
) {
  bundle ??= bundleCommand()
  const child = spawn(process.execPath, [await bundle, '--port', '0', ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, NODE_PATH: process.env.NODE_PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await new Promise<string | null>((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk
      const found = /flowglad-local on (http:\S+)/.exec(output)
      if (found?.[1]) resolve(found[1])
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.once('exit', () => resolve(null))
  })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return {
    url: url ?? '',
    output: () => output,
    errors: () => errors,
    ended,
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}
