import type { FastifyBaseLogger } from 'fastify'
import type { Database } from './database.ts'
import { isOutage } from './unavailable.ts'

/** How long the server waits for the database's first response before it listens. */
const patienceMs = 5_000
const retryMs = 1_000

/**
 * Opens and migrates the database. If the database is unavailable or slow, the server starts without it and
 * keeps trying.
 */
export class DatabaseStart {
  readonly #database: Pick<Database, 'ready'>
  readonly #log: FastifyBaseLogger
  #problem: string | null = null
  #logged: string | null = null
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(database: Pick<Database, 'ready'>, log: FastifyBaseLogger) {
    this.#database = database
    this.#log = log
  }

  /** The reason that the database isn't ready, or null if it is. */
  get problem(): string | null {
    return this.#problem
  }

  /**
   * Rejects if the configuration is wrong. Otherwise, resolves when the database is ready or unavailable, or
   * after five seconds without a response.
   */
  async begin(): Promise<void> {
    this.#problem = 'the database isn’t responding'
    const opening = this.#database.ready().then(
      () => this.#succeed(),
      (error: unknown) => {
        if (!isOutage(error)) throw error
        this.#wait(error)
      },
    )
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<'silent'>((resolve) => {
      timer = setTimeout(() => resolve('silent'), patienceMs)
    })
    const outcome = await Promise.race([opening, silence])
    clearTimeout(timer)
    if (outcome !== 'silent') return
    this.#report(this.#problem)
    opening.catch((error: unknown) => this.#wait(error))
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #succeed() {
    this.#problem = null
    if (this.#logged !== null) this.#log.info('The database is ready')
  }

  /**
   * Schedules a retry, even if the configuration is wrong, because the operator can still correct the
   * configuration while the server is running.
   */
  #wait(error: unknown) {
    this.#problem = messageOf(error)
    this.#report(this.#problem)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#database.ready().then(
        () => this.#succeed(),
        (reason: unknown) => this.#wait(reason),
      )
    }, retryMs)
  }

  /** Logs a problem unless it is the same as the last one. */
  #report(problem: string) {
    if (problem === this.#logged || this.#isStopped) return
    this.#logged = problem
    this.#log.warn(`Waiting for the database: ${problem}. The server is ready when the database is.`)
  }
}

/**
 * Returns the error's message. If all of a host's addresses are unreachable, Node's error has no message
 * but contains one error per address.
 */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
