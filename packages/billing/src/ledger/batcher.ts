import type { Answer, Command } from './commands.ts'
import { LedgerUnavailableError } from './errors.ts'
import type { LedgerSettings } from './ledgerOptions.ts'

interface Waiting {
  command: Command
  bytes: number
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
}

export interface BatcherStore {
  /** One transaction. Resolves after COMMIT with an answer for each command. */
  transact(commands: Command[]): Promise<Answer[]>
  /** Nothing is wrong with the commands: busy, deadlock, a lost connection, an unknown outcome of COMMIT. */
  isTransient(error: unknown): boolean
}

/**
 * Group commit: commands that arrive while a batch is in flight form the next one, first in first out. A batch that met a transient
 * error is run again and decided anew; after any other error its commands are run singly, so that only the culprit fails.
 */
export class Batcher {
  readonly #store: BatcherStore
  readonly #settings: LedgerSettings
  #queue: Waiting[] = []
  #running: Promise<void> | null = null
  #closing = false

  constructor(store: BatcherStore, settings: LedgerSettings) {
    this.#store = store
    this.#settings = settings
  }

  execute(command: Command): Promise<Answer> {
    if (this.#closing) return Promise.reject(new LedgerUnavailableError('closing'))
    if (this.#queue.length >= this.#settings.queueCommands) {
      return Promise.reject(new LedgerUnavailableError('queueFull'))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, bytes: sizeOf(command), resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Takes no more commands; resolves when those queued are done. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#running
  }

  async #run(): Promise<void> {
    // Whoever calls in this turn of the event loop shares the first batch.
    await new Promise(setImmediate)
    while (this.#queue.length > 0) await this.#finish(this.#next())
    this.#running = null
  }

  #next(): Waiting[] {
    const { batchCommands, batchBytes } = this.#settings
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.bytes
      if (count > 0 && (count === batchCommands || bytes > batchBytes)) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #finish(batch: Waiting[]): Promise<void> {
    try {
      const answers = await this.#persist(batch.map((waiting) => waiting.command))
      for (const [index, waiting] of batch.entries()) {
        const answer = answers[index]
        if (answer) waiting.resolve(answer)
        else waiting.reject(new Error('The store answered fewer commands than it was given'))
      }
    } catch (error) {
      if (batch.length === 1 || error instanceof LedgerUnavailableError) {
        for (const waiting of batch) waiting.reject(error)
      } else {
        for (const waiting of batch) await this.#finish([waiting])
      }
    }
  }

  /** Runs the batch until its outcome is known. */
  async #persist(commands: Command[]): Promise<Answer[]> {
    const start = performance.now()
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#store.transact(commands)
      } catch (error) {
        if (!this.#store.isTransient(error)) throw error
        if (performance.now() - start > this.#settings.outOfReachAfterMs) {
          throw new LedgerUnavailableError('storeOutOfReach', { cause: error })
        }
        const longest = Math.min(250, 2 ** tries)
        await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)))
      }
    }
  }
}

/** About the bytes that the command will occupy in the transaction. */
function sizeOf(command: Command): number {
  switch (command.type) {
    case 'settle':
      return 512 + (command.result?.length ?? 0)
    case 'leaveLane':
      return 128 * (1 + command.untaken.length)
    case 'acknowledge':
    case 'park':
    case 'drop':
      return 128 * (1 + command.events.length)
    default:
      return 512
  }
}
