import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { BalancesAnswer } from '../contract/balances.ts'
import { streamReplaced } from '../contract/errors.ts'
import type { Command } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import { BalancesStream } from './balancesStream.ts'
import { CustomerStreams } from './customerStreams.ts'

/**
 * The commands that wake a customer's streams, because they can change visible balances or raise alerts. Most other
 * commands, such as renewals and leases, change nothing on screens. The periodic query finds the changes of the rest,
 * such as a recovery.
 */
const visible: ReadonlySet<Command['type']> = new Set([
  'reserve',
  'settle',
  'release',
  'expire',
  'install',
  'acknowledge',
  'park',
  'operate',
  'setBudget',
])

interface Parts {
  ledger: Pick<Ledger, 'versions' | 'onCommit'>
  read: (customer: string) => Promise<BalancesAnswer>
  clock: Clock
  options: Pick<BillingOptions, 'livePollMs' | 'maxStreams' | 'maxStreamsPerCustomer'>
  logger: Logger
}

/**
 * Watches the balances of connected customers. On this node, each commit that changes a customer's balances
 * wakes the customer's streams. To find changes on other nodes, a periodic query reads the versions of all
 * connected customers.
 */
export class Watchers {
  readonly #parts: Parts
  readonly #byCustomer = new Map<string, CustomerStreams>()
  #open = 0
  #stopListening = () => {}
  #cancelPoll: (() => void) | null = null
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Yields the customer's balances immediately, and then after each change. Ends when the signal aborts.
   * Throws `STREAM_REPLACED` if a newer stream replaces this one. All streams of a customer yield the same
   * object. `arrive` runs first, with a signal that aborts when the stream ends.
   */
  async *watch(
    customer: string,
    signal: AbortSignal | undefined,
    arrive: (ended: AbortSignal) => Promise<void> = async () => {},
  ): AsyncGenerator<BalancesAnswer, void, undefined> {
    if (this.#isClosed || signal?.aborted) return
    const stream = new BalancesStream()
    const leave = () => stream.end()
    signal?.addEventListener('abort', leave)
    this.#makeRoom(customer)
    const streams = this.#add(customer, stream)
    try {
      await arrive(stream.signal)
      if (!stream.signal.aborted) streams.start(stream)
      yield* stream.read()
    } finally {
      signal?.removeEventListener('abort', leave)
      stream.end()
    }
  }

  /** Ends every stream. */
  close(): void {
    this.#isClosed = true
    this.#cancelPoll?.()
    for (const streams of this.#byCustomer.values()) streams.end()
  }

  /**
   * If the customer has too many streams, ends the customer's oldest stream. If this node has too many
   * streams, ends the oldest stream of the customer with the most streams.
   */
  #makeRoom(customer: string) {
    const { maxStreams, maxStreamsPerCustomer } = this.#parts.options
    const own = this.#byCustomer.get(customer)
    if (own && own.size >= maxStreamsPerCustomer) return own.oldest?.end(streamReplaced())
    if (this.#open < maxStreams) return
    let largest: CustomerStreams | undefined
    for (const streams of this.#byCustomer.values())
      if (!largest || streams.size > largest.size) largest = streams
    largest?.oldest?.end(streamReplaced())
  }

  /** Adds the stream to the customer's streams, and removes it when it ends. */
  #add(customer: string, stream: BalancesStream): CustomerStreams {
    const { read, clock } = this.#parts
    if (this.#byCustomer.size === 0) this.#listen()
    const streams =
      this.#byCustomer.get(customer) ?? new CustomerStreams({ read: () => read(customer), clock })
    this.#byCustomer.set(customer, streams)
    this.#open++
    streams.add(stream)
    stream.signal.addEventListener('abort', () => this.#remove(customer, streams, stream))
    this.#schedulePoll()
    return streams
  }

  #remove(customer: string, streams: CustomerStreams, stream: BalancesStream) {
    this.#open--
    streams.remove(stream)
    if (streams.size > 0) return
    this.#byCustomer.delete(customer)
    if (this.#byCustomer.size > 0) return
    this.#stopListening()
    this.#cancelPoll?.()
    this.#cancelPoll = null
  }

  #listen() {
    this.#stopListening = this.#parts.ledger.onCommit(({ type, customer }) => {
      if (visible.has(type)) this.#byCustomer.get(customer)?.wake()
    })
  }

  #schedulePoll() {
    if (this.#cancelPoll || this.#isClosed || this.#byCustomer.size === 0) return
    const { clock, options } = this.#parts
    this.#cancelPoll = clock.after(options.livePollMs, () => {
      this.#cancelPoll = null
      this.#poll().finally(() => this.#schedulePoll())
    })
  }

  async #poll() {
    const { ledger, logger } = this.#parts
    try {
      const versions = await ledger.versions([...this.#byCustomer.keys()])
      for (const [customer, streams] of this.#byCustomer) {
        // If a restored ledger doesn't contain the customer, the version counts as 0.
        if ((versions.get(customer) ?? 0) !== streams.version) streams.wake()
      }
    } catch (error) {
      if (!isOutage(error)) logger.warn({ error: String(error) }, 'checking for changed balances failed')
    }
  }
}
