import { type Clock, sleep } from '../config/clock.ts'
import type { BalancesAnswer } from '../contract/balances.ts'
import type { BalancesStream } from './balancesStream.ts'

/** The pause after each push, which limits the number of pushes during a burst of calls. */
const pushPauseMs = 50

/**
 * One customer's open streams on this node. Each change is read once, regardless of the number of streams.
 */
export class CustomerStreams {
  readonly #read: () => Promise<BalancesAnswer>
  readonly #clock: Clock
  /** The open streams, oldest first. */
  readonly #streams = new Set<BalancesStream>()
  readonly #started = new Set<BalancesStream>()
  readonly #empty = new AbortController()
  #version = -1
  #isDirty = false
  #isReading = false

  constructor({ read, clock }: { read: () => Promise<BalancesAnswer>; clock: Clock }) {
    this.#read = read
    this.#clock = clock
  }

  /** The version of the balances that were last read. */
  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#streams.size
  }

  get oldest(): BalancesStream | undefined {
    return this.#streams.values().next().value
  }

  /** Adds a stream. The stream receives no balances until it starts. */
  add(stream: BalancesStream): void {
    this.#streams.add(stream)
  }

  /** Starts a stream. The stream receives only balances that are read after this call. */
  start(stream: BalancesStream): void {
    this.#started.add(stream)
    this.wake()
  }

  /** Removes a stream. After its last stream is removed, this object can't be reused. */
  remove(stream: BalancesStream): void {
    this.#streams.delete(stream)
    this.#started.delete(stream)
    if (this.#streams.size === 0) this.#empty.abort()
  }

  end(): void {
    for (const stream of this.#streams) stream.end()
  }

  /**
   * Reads and pushes the balances, either immediately or after the current read or pause. All changes during
   * a read or a pause result in a single read.
   */
  wake(): void {
    this.#isDirty = true
    if (!this.#isReading) void this.#readWhileDirty()
  }

  async #readWhileDirty() {
    this.#isReading = true
    while (this.#isDirty && this.#started.size > 0) {
      this.#isDirty = false
      if (await this.#push()) await sleep(this.#clock, pushPauseMs, this.#empty.signal)
    }
    this.#isReading = false
  }

  /** Reads the balances for the streams that have started. Returns whether the version is new. */
  async #push(): Promise<boolean> {
    const streams = [...this.#started]
    try {
      const balances = await this.#read()
      const isNew = balances.version !== this.#version
      this.#version = balances.version
      for (const stream of streams) stream.offer(balances)
      return isNew
    } catch (error) {
      for (const stream of streams) stream.end(error)
      return false
    }
  }
}
