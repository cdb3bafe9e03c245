import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'

export const repository = join(import.meta.dirname, '../..')

/** A built process of the product, as `node dist/main.js` runs it; `url` answers once it is started. */
export interface Running {
  url: string
  /** What it printed so far: the first thing to read when a test fails. */
  output(): string
  /** `SIGTERM` asks it to finish, `SIGKILL` is a crash. Resolves when it is gone. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** What runs ends with the process that started it, also when that one breaks down before it could dispose of anything. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

async function untilAnswering(url: string, child: ChildProcess, output: () => string) {
  const deadline = performance.now() + 20_000
  while (performance.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`stopped with ${child.exitCode} before it answered:\n${output()}`)
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`${url} did not answer within 20 s:\n${output()}`)
}

export async function startBuilt(options: {
  main: string
  port: number
  ready: string
  env: Record<string, string>
}): Promise<Running> {
  const child = spawn(process.execPath, [join(repository, options.main)], {
    // Only what the process needs: nothing of the developer's own environment decides a test.
    env: { PATH: process.env.PATH ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  running.add(child)
  const gone = once(child, 'exit').finally(() => running.delete(child))
  const url = `http://127.0.0.1:${options.port}`
  try {
    await untilAnswering(url + options.ready, child, () => output)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    url,
    output: () => output,
    signal: (signal) => void child.kill(signal),
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await gone
    },
  }
}
