import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** Builds the server into a new folder. */
export async function buildServer() {
  // The built server finds its external packages only if the server's file is inside node_modules.
  const folder = await mkdtemp(join(packageFolder, 'node_modules/.main-test-'))
  await build({ root: packageFolder, logLevel: 'error', build: { ssr: 'src/main.ts', outDir: folder } })
  return { main: join(folder, 'main.js'), remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Starts the server as a separate process in an unrelated folder. */
export function startProcess(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, args, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', FLOWGLAD_BASE_URL: 'http://127.0.0.1:9', ...env },
  })
  let output = ''
  /** Resolves with the first match in the output. Rejects if the process ends without a match. */
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output)
        if (match) resolve(match)
      }
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
      child.once('close', () =>
        reject(new Error(`The process ended without printing ${pattern}:\n${output}`)),
      )
      look()
    })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const ended = once(child, 'close').then(([code]) => ({ code, output }))
  return { child, ended, line, output: () => output }
}
