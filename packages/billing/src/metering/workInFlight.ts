import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { StreamStop } from '../contract/errors.ts'

/** A hold that hasn't ended. */
interface OpenHold {
  /** Ends and charges the hold's stream, if the work has returned one. */
  stop(why: StreamStop): void
  abandon(): void
}

/** Tracks this process's metered work, so that shutdown can wait for it. */
export class WorkInFlight {
  readonly #holds = new Set<OpenHold>()
  /** Reserve commands that haven't been answered, and settle and release commands that aren't durable yet. */
  readonly #commands = new Set<Promise<unknown>>()
  readonly #graceEnded = new AbortController()
  #closing = false
  #streamsStopped = false

  /** True once `close` has been called. From then on, new work must not start. */
  get isClosing(): boolean {
    return this.#closing
  }

  /** True once `close` has ended the open streams. From then on, a stream ends when it is first read. */
  get streamsStopped(): boolean {
    return this.#streamsStopped
  }

  /** Aborts at the end of the grace period. Retries then stop, and open holds expire. */
  get graceEnded(): AbortSignal {
    return this.#graceEnded.signal
  }

  add(hold: OpenHold): void {
    this.#holds.add(hold)
  }

  remove(hold: OpenHold): void {
    this.#holds.delete(hold)
  }

  /** Makes `close` wait for the command. */
  track<T>(command: Promise<T>): Promise<T> {
    const done = () => void this.#commands.delete(command)
    this.#commands.add(command)
    command.then(done, done)
    return command
  }

  /**
   * Waits up to `graceMs` for all work to end. After half of this time, ends the open streams, so that their
   * charges become durable before the deadline. Holds that are still open after `graceMs` expire.
   */
  async close({ graceMs, clock, logger }: { graceMs: number; clock: Clock; logger: Logger }): Promise<void> {
    this.#closing = true
    const start = clock.now()
    const workEndsBy = async (deadline: number) => {
      while ((this.#holds.size > 0 || this.#commands.size > 0) && clock.now() < deadline) {
        await sleep(clock, 20)
      }
    }
    await workEndsBy(start + graceMs / 2)
    this.#streamsStopped = true
    for (const hold of this.#holds) hold.stop('shutdown')
    await workEndsBy(start + graceMs)
    if (this.#holds.size > 0) {
      logger.warn({ holds: this.#holds.size }, 'work is still running at the end of the grace period')
    }
    this.#graceEnded.abort()
    await Promise.allSettled(this.#commands)
    for (const hold of this.#holds) hold.abandon()
  }
}
