import { record } from '../config/metrics.ts'
import type { Answer } from './answers.ts'
import type { Command } from './commands.ts'
import { LedgerUnavailableError, storeOutOfReach } from './errors.ts'
import type { LedgerSettings } from './ledgerOptions.ts'
import { retryPause } from './retryPause.ts'

interface Waiting {
  command: Command
  group: number
  bytes: number
  queuedAt: number
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
}

export interface BatcherStore {
  /** Runs the commands in one transaction. After COMMIT, returns one answer per command. */
  transact(commands: Command[]): Promise<Answer[]>
  /**
   * Returns true for errors that a retry can fix: a busy store, a deadlock, a lost connection, or a COMMIT
   * with an unknown outcome. The batcher also retries after a `cannotWrite` error, without calling this method.
   */
  isTransient(error: unknown): boolean
  /**
   * Returns the customer's group. A batch contains customers of only one group. Default: all customers are in
   * one group.
   */
  groupOf?(customer: string): number
}

/**
 * Commits commands in batches. Commands that arrive while a batch is in flight form the next batch, in order
 * of arrival. If a batch is slow, for example because another node has locked one of its customers, batches
 * for other customers can run at the same time.
 *
 * After a transient error, rejects the commands that have waited too long and runs the rest of the batch
 * again. After any other error, runs the batch's commands one by one, so that only the faulty command fails.
 */
export class Batcher {
  readonly #store: BatcherStore
  readonly #settings: LedgerSettings
  #queue: Waiting[] = []
  /** The batches in flight. */
  readonly #running = new Set<Promise<void>>()
  /**
   * The customers of the batches in flight. Each customer is in at most one of these batches, so the
   * customer's commands run in their order of arrival.
   */
  readonly #busy = new Set<string>()
  #isScheduled = false
  /** The number of batches in flight that have been running for at least `nextBatchAfterMs`. */
  #slow = 0
  #closing = false

  constructor(store: BatcherStore, settings: LedgerSettings) {
    this.#store = store
    this.#settings = settings
  }

  /** Queues a command and returns its answer after COMMIT. */
  execute(command: Command): Promise<Answer> {
    if (this.#closing) return Promise.reject(new LedgerUnavailableError('closing'))
    if (this.#queue.length >= this.#settings.queueCommands) {
      return Promise.reject(new LedgerUnavailableError('queueFull'))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({
        command,
        group: this.#store.groupOf?.(command.customer) ?? 0,
        bytes: sizeOf(command),
        queuedAt: performance.now(),
        resolve,
        reject,
      })
      this.#schedule()
    })
  }

  /** Stops accepting commands and finishes the queued commands. */
  async close(): Promise<void> {
    this.#closing = true
    while (this.#isScheduled || this.#running.size > 0) {
      await Promise.all(this.#running)
      await nextTurn()
    }
  }

  /**
   * Starts the next batch in the next turn of the event loop, so that the batch contains all commands from
   * this turn.
   */
  #schedule(): void {
    if (this.#isScheduled || !this.#canStart()) return
    this.#isScheduled = true
    void nextTurn().then(() => {
      this.#isScheduled = false
      this.#start()
    })
  }

  /**
   * Returns whether another batch can start: all batches in flight are slow, and there are fewer than
   * `parallelBatches`.
   */
  #canStart(): boolean {
    const { size } = this.#running
    return this.#slow === size && size < this.#settings.parallelBatches
  }

  #start(): void {
    const batch = this.#canStart() ? this.#next() : []
    if (batch.length === 0) return
    const customers = new Set(batch.map(({ command }) => command.customer))
    for (const customer of customers) this.#busy.add(customer)
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      this.#slow += 1
      this.#start()
    }, this.#settings.nextBatchAfterMs)
    const running = this.#finish(batch).then(() => {
      clearTimeout(timer)
      if (isSlow) this.#slow -= 1
      for (const customer of customers) this.#busy.delete(customer)
      this.#running.delete(running)
      this.#start()
    })
    this.#running.add(running)
  }

  /** Removes the next batch from the queue. Leaves the commands of busy customers and other groups in the queue. */
  #next(): Waiting[] {
    const { batchCommands, batchBytes } = this.#settings
    const batch: Waiting[] = []
    const left: Waiting[] = []
    let bytes = 0
    let isFull = false
    for (const waiting of this.#queue) {
      if (batch[0] && batch[0].group !== waiting.group) {
        left.push(waiting)
        continue
      }
      const fits = batch.length === 0 || bytes + waiting.bytes <= batchBytes
      isFull ||= !fits || batch.length === batchCommands
      if (isFull || this.#busy.has(waiting.command.customer)) left.push(waiting)
      else {
        bytes += waiting.bytes
        batch.push(waiting)
      }
    }
    this.#queue = left
    return batch
  }

  async #finish(batch: Waiting[]): Promise<void> {
    let running = batch
    const startedAt = performance.now()
    for (let tries = 0; running.length > 0; tries += 1) {
      try {
        const answers = await this.#store.transact(running.map((waiting) => waiting.command))
        for (const [index, waiting] of running.entries()) {
          const answer = answers[index]
          if (answer) waiting.resolve(answer)
          else waiting.reject(new Error('The store did not answer every command'))
        }
        record('batchCommands', running.length)
        record('batchSeconds', (performance.now() - startedAt) / 1000)
        return
      } catch (error) {
        if (!isCannotWrite(error) && !this.#store.isTransient(error)) return this.#findCulprit(running, error)
        running = this.#rejectOverdue(running, error)
        // Queued commands wait for the same store, so also reject overdue commands in the queue.
        this.#queue = this.#rejectOverdue(this.#queue, error)
        if (running.length > 0) await retryPause(tries)
      }
    }
  }

  async #findCulprit(batch: Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1) batch[0]?.reject(error)
    else for (const waiting of batch) await this.#finish([waiting])
  }

  /** Rejects the commands that have waited too long, and returns the rest. */
  #rejectOverdue(commands: Waiting[], cause: unknown): Waiting[] {
    const { outOfReachAfterMs, cannotWriteAfterMs } = this.#settings
    const longestMs = isCannotWrite(cause)
      ? Math.min(cannotWriteAfterMs, outOfReachAfterMs)
      : outOfReachAfterMs
    const earliest = performance.now() - longestMs
    return commands.filter(({ queuedAt, reject }) => {
      if (queuedAt > earliest) return true
      reject(isCannotWrite(cause) ? cause : storeOutOfReach(cause))
      return false
    })
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

const isCannotWrite = (error: unknown): error is LedgerUnavailableError =>
  error instanceof LedgerUnavailableError && error.reason === 'cannotWrite'

/** Returns the command's approximate size in the transaction, in bytes. */
function sizeOf(command: Command): number {
  switch (command.type) {
    case 'settle':
      return 512 + (command.result?.length ?? 0)
    case 'leaveLease':
      return 128 * (1 + command.untaken.length)
    case 'recover':
      return 512 * (1 + command.events.length)
    case 'acknowledge':
    case 'park':
      return 128 * (1 + command.events.length)
    default:
      return 512
  }
}
