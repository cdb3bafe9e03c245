import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import { type RunningProcess, startProcess } from '../../processes/startProcess.ts'

/** A process that can be killed and started again at the same port. The process writes its output to a file. */
export class ChaosServer {
  readonly name: string
  readonly url: string
  readonly #script: URL
  readonly #settings: object
  readonly #output: number
  #process: RunningProcess | null = null
  /** The failed starts, and the exits that `kill` didn't cause. */
  readonly crashes: string[] = []

  constructor({
    name,
    script,
    port,
    settings,
    logFile,
  }: { name: string; script: URL; port: number; settings: object; logFile: string }) {
    this.name = name
    this.url = `http://127.0.0.1:${port}`
    this.#script = script
    this.#settings = { ...settings, port }
    this.#output = openSync(logFile, 'a')
  }

  /**
   * Starts the process, and waits until it listens. Never rejects. If the start fails, adds the failure to
   * `crashes`.
   */
  async start(): Promise<void> {
    const settings = { output: this.#output }
    const started = await startProcess(this.#script, this.#settings, settings).catch((error: unknown) => {
      this.crashes.push(`${this.name}: ${error}`)
      return null
    })
    this.#process = started
    if (!started) return
    started.child.once('exit', (code, signal) => {
      if (this.#process === started) this.crashes.push(`${this.name} ended with ${signal ?? `code ${code}`}`)
    })
  }

  /** Starts the process again if it isn't running. */
  async startAgain(): Promise<void> {
    const child = this.#process?.child
    if (!child || child.exitCode !== null || child.signalCode !== null) await this.start()
  }

  /** Sends SIGKILL, and waits until the process has ended. */
  async kill(): Promise<void> {
    const killed = this.#process
    this.#process = null
    if (!killed || killed.child.exitCode !== null || killed.child.signalCode !== null) return
    const ended = new Promise((resolve) => killed.child.once('exit', resolve))
    killed.child.kill('SIGKILL')
    await ended
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.child.kill(signal)
  }

  send(message: object): void {
    if (this.#process?.child.connected) this.#process.child.send(message)
  }

  /**
   * Kills the process, but doesn't wait until it has ended. Called on exit, because a paused process would outlive
   * this process.
   */
  killNow(): void {
    this.#process?.child.kill('SIGKILL')
  }

  async [Symbol.asyncDispose]() {
    await this.kill()
  }
}

/**
 * Returns a port that no process uses and that is outside the usual range for outgoing connections. An outgoing
 * connection could take a port in that range while the port's server is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => probe.close(resolve))
    return port
  }
}
