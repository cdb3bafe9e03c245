import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { inject } from 'vitest'

/** Starts the built server as a separate process in an unrelated folder. */
export const startBuiltServer = (env: Record<string, string>) => startProcess([inject('builtServer')], env)

/** Starts Node with the arguments as a separate process in an unrelated folder. */
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
