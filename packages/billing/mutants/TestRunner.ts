import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Copy } from './Copy.ts'
import { type Outcome, outcome, type Request } from './outcome.ts'

const script = fileURLToPath(new URL('testProcess.ts', import.meta.url))

/**
 * Runs test files of a copy in another process. If that process hangs or exits, the next run starts another
 * process.
 */
export class TestRunner implements AsyncDisposable {
  readonly #copy: Copy
  #child: ChildProcess | null = null

  constructor(copy: Copy) {
    this.#copy = copy
  }

  /**
   * Runs the tests. If they take longer than `limitMs`, the fault counts as caught, because the tests
   * probably hang.
   */
  async run(request: Request, limitMs: number): Promise<Outcome> {
    this.#child ??= await this.#start()
    const child = this.#child
    const ended = new AbortController()
    const { signal } = ended
    const ending = once(child, 'exit', { signal }).then((): Outcome => {
      this.#child = null
      return { state: 'broken', why: 'the test process exited' }
    })
    const answer = once(child, 'message', { signal }).then(([message]) => outcome.parse(message))
    const tooLate = new Promise<Outcome>((resolve) => {
      const timer = setTimeout(() => {
        this.#end('SIGKILL')
        resolve({ state: 'caught', by: `the time limit of ${Math.round(limitMs / 1000)} s` })
      }, limitMs)
      signal.addEventListener('abort', () => clearTimeout(timer))
    })
    for (const waiting of [ending, answer]) waiting.catch(() => {})
    child.send(request)
    try {
      return await Promise.race([answer, ending, tooLate])
    } finally {
      ended.abort()
    }
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(script, {
      cwd: this.#copy.folder,
      // The process leads its own process group, so that `#end` also kills its children.
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    await once(child, 'message')
    return child
  }

  #end(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid
    this.#child = null
    try {
      if (pid !== undefined) process.kill(-pid, signal)
    } catch {
      // All processes of the group have already exited.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (!child) return
    const exited = once(child, 'exit')
    // On disconnect, the process closes Vitest, which stops the PostgreSQL server.
    child.disconnect()
    await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 20_000))])
    this.#end('SIGKILL')
  }
}
