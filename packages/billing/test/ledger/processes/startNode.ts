import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Runs `node.ts` in a process of its own; killed with its scope. */
export function startNode(address: string, act: string, attempt: string) {
  const script = fileURLToPath(new URL('./node.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, address, act, attempt], {
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
    /** Whole lines that it has written so far. */
    lines,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
