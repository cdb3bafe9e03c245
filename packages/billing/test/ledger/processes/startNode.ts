import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Starts the bundled `node.ts` as a child process. Disposing of the result kills the process. */
export function startNode(script: string, address: string, act: string, attempt: string) {
  const child = spawn(process.execPath, [script, address, act, attempt], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const [last = '', ...whole] = (rest + chunk).split('\n').reverse()
    rest = last
    lines.push(...whole.reverse())
  })
  const exited = once(child, 'close')
  return {
    /** The complete lines that the process has written so far. */
    lines,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
