import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { Command } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isOutage } from '../ledger/reportOutages.ts'

/** The pause after each push, which limits the number of pushes during a burst of calls. */
const pushPauseMs = 50

/** The commands that change visible balances. Renewals and leases change only rows that no screen shows. */
const visible: ReadonlySet<Command['type']> = new Set([
  'reserve',
  'settle',
  'release',
  'expire',
  'install',
  'acknowledge',
  'park',
  'drop',
])

interface Watcher {
  /**
   * The last version that the watcher yielded. Any other version is new, even a lower version, which a
   * restore from a backup can cause.
   */
  seen: number
  wake: () => void
}

/**
 * Watches the balances of connected customers. On this node, each commit that changes a customer's balances
 * wakes the customer's watchers. To find changes on other nodes, a periodic query reads the versions of all
 * connected customers.
 */
export class Watchers {
  readonly #ledger: Pick<Ledger, 'versions' | 'onCommit'>
  readonly #clock: Clock
  readonly #pollMs: number
  readonly #logger: Logger
  readonly #byCustomer = new Map<string, Set<Watcher>>()
  #stopListening = () => {}
  #cancelPoll: (() => void) | null = null
  #isClosed = false

  constructor({
    ledger,
    clock,
    pollMs,
    logger,
  }: {
    ledger: Pick<Ledger, 'versions' | 'onCommit'>
    clock: Clock
    pollMs: number
    logger: Logger
  }) {
    this.#ledger = ledger
    this.#clock = clock
    this.#pollMs = pollMs
    this.#logger = logger
  }

  /**
   * Yields the result of `read` immediately, and then after each change. All changes during a read or a pause
   * result in a single yield. Ends when the signal aborts.
   */
  async *watch<T extends { version: number }>(
    customer: string,
    read: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void, undefined> {
    let dirty = true
    let wakeUp = () => {}
    const watcher: Watcher = {
      seen: -1,
      wake() {
        dirty = true
        wakeUp()
      },
    }
    this.#add(customer, watcher)
    signal?.addEventListener('abort', watcher.wake)
    try {
      while (!signal?.aborted && !this.#isClosed) {
        dirty = false
        const value = await read()
        if (value.version !== watcher.seen) {
          watcher.seen = value.version
          yield value
          await sleep(this.#clock, pushPauseMs, signal)
        }
        if (!dirty) {
          await new Promise<void>((resolve) => {
            wakeUp = resolve
            if (dirty) resolve()
          })
        }
      }
    } finally {
      signal?.removeEventListener('abort', watcher.wake)
      this.#remove(customer, watcher)
    }
  }

  /** Ends every watch. */
  close(): void {
    this.#isClosed = true
    this.#cancelPoll?.()
    for (const watchers of this.#byCustomer.values()) for (const watcher of watchers) watcher.wake()
  }

  #watchersOf(customer: string): Iterable<Watcher> {
    return this.#byCustomer.get(customer) ?? []
  }

  #add(customer: string, watcher: Watcher) {
    if (this.#byCustomer.size === 0) this.#listen()
    const watchers = this.#byCustomer.get(customer) ?? new Set()
    this.#byCustomer.set(customer, watchers.add(watcher))
    this.#schedulePoll()
  }

  #remove(customer: string, watcher: Watcher) {
    const watchers = this.#byCustomer.get(customer)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.#byCustomer.delete(customer)
    if (this.#byCustomer.size > 0) return
    this.#stopListening()
    this.#cancelPoll?.()
    this.#cancelPoll = null
  }

  #listen() {
    this.#stopListening = this.#ledger.onCommit(({ type, customer }) => {
      if (visible.has(type)) for (const watcher of this.#watchersOf(customer)) watcher.wake()
    })
  }

  #schedulePoll() {
    if (this.#cancelPoll || this.#isClosed || this.#byCustomer.size === 0) return
    this.#cancelPoll = this.#clock.after(this.#pollMs, () => {
      this.#cancelPoll = null
      this.#poll().finally(() => this.#schedulePoll())
    })
  }

  async #poll() {
    try {
      const versions = await this.#ledger.versions([...this.#byCustomer.keys()])
      for (const [customer, watchers] of this.#byCustomer) {
        // A restored ledger might not contain the customer.
        const version = versions.get(customer) ?? 0
        for (const watcher of watchers) if (version !== watcher.seen) watcher.wake()
      }
    } catch (error) {
      if (!isOutage(error))
        this.#logger.warn({ error: String(error) }, 'checking for changed balances failed')
    }
  }
}
