import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

export const repository = join(import.meta.dirname, '../..')

const startDeadlineMs = 60_000
const probeEveryMs = 25

export interface RunningProcess {
  url: string
  /** Returns the process's output so far. A failed test stores this output as a log. */
  output(): string
  /**
   * Sends the signal and resolves when the process has ended. SIGTERM lets the process finish its work.
   * SIGKILL simulates a crash.
   */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

interface ProcessOptions {
  /** The entry point, relative to the repository: a built file, or a TypeScript file. */
  main: string
  port: number
  /** The path that responds with 2xx once the process is ready. */
  ready: string
  env: Record<string, string>
  /** How many milliseconds the process's clock (`Date.now`) is ahead of the machine's clock. Default 0. */
  clockAheadMs?: number
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system assigned no port.')
  return address.port
}

// When the test run ends, kill the processes that are still running.
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

async function untilReady(url: string, child: ChildProcess, output: () => string) {
  const deadline = performance.now() + startDeadlineMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`The process exited with ${child.exitCode} before it was ready:\n${output()}`)
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, probeEveryMs))
  }
  throw new Error(`${url} was not ready within ${startDeadlineMs / 1_000} s:\n${output()}`)
}

const moveClock = (aheadMs: number) =>
  `const now = Date.now.bind(Date); Date.now = () => now() + ${JSON.stringify(aheadMs)}`

/** Starts a process from an entry point and resolves when the process is ready. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { main, clockAheadMs = 0 } = options
  const preload = [
    ...(clockAheadMs === 0 ? [] : [`data:text/javascript,${encodeURIComponent(moveClock(clockAheadMs))}`]),
    ...(main.endsWith('.ts') ? [import.meta.resolve('tsx')] : []),
  ]
  const imports = preload.flatMap((module) => ['--import', module])
  const child = spawn(process.execPath, [...imports, join(repository, main)], {
    // Pass on only PATH, so that the shell's other variables don't affect the tests.
    env: { PATH: process.env.PATH ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  running.add(child)
  const ended = once(child, 'exit').finally(() => running.delete(child))
  const url = `http://127.0.0.1:${options.port}`
  try {
    await untilReady(url + options.ready, child, () => output)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    url,
    output: () => output,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await ended
    },
  }
}
