import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort, repository } from './startProcess.ts'

/** Starts `pnpm dev` on free ports. Passes on only PATH from the shell's environment. */
export async function startDev(args: string[], env: Record<string, string> = {}) {
  const ports = {
    FLOWGLAD_LOCAL_PORT: await freePort(),
    PORT: await freePort(),
    WEB_PORT: await freePort(),
  }
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), join(repository, 'apps/server/dev/main.ts'), ...args],
    {
      cwd: repository,
      env: {
        PATH: process.env.PATH ?? '',
        ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  // Stop `dev` if this process exits first, for example after a crash.
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  const ended = once(child, 'close').then(([code]) => {
    process.removeListener('exit', kill)
    return code as number | null
  })
  return {
    output: () => output,
    flowgladUrl: `http://127.0.0.1:${ports.FLOWGLAD_LOCAL_PORT}`,
    serverUrl: `http://127.0.0.1:${ports.PORT}`,
    webUrl: `http://localhost:${ports.WEB_PORT}`,
    /** Resolves with the exit code. */
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT')
      await ended
    },
  }
}
