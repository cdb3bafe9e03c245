import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import type { EventSender, SendResult } from './eventSender.ts'
import { Gathering } from './gathering.ts'
import type { Lease, Leases } from './leases.ts'
import type { RestoredLedger } from './restoredLedger.ts'
import type { PassState, RetryPolicy } from './retryPolicy.ts'
import type { Sending } from './sending.ts'
import { Shares } from './shares.ts'

/** A lease that a pass has taken, with the events to send under it. */
interface Taken {
  lease: Lease
  sendings: Sending[]
  /** The customer's share of the pass, in events. The pass can take more events, to skip those that back off. */
  share: number
  /** False if the customer may have more events than this pass took. */
  isComplete: boolean
  skipped: number
}

/**
 * Delivers the outbox: takes the leases of customers with undelivered usage, and sends their events in bulk.
 */
export class Delivery {
  readonly #ledger: Ledger
  readonly #leases: Leases
  readonly #sender: EventSender
  readonly #retries: RetryPolicy
  readonly #clock: Clock
  readonly #options: BillingOptions
  readonly #logger: Logger
  readonly #stopping: AbortSignal
  readonly #restored: Pick<RestoredLedger, 'tryCheck' | 'isRecovering' | 'isStillReady'>
  readonly #shares = new Shares()
  #lastPass: Promise<unknown> = Promise.resolve()

  constructor(parts: {
    ledger: Ledger
    leases: Leases
    sender: EventSender
    retries: RetryPolicy
    clock: Clock
    options: BillingOptions
    logger: Logger
    restored: Pick<RestoredLedger, 'tryCheck' | 'isRecovering' | 'isStillReady'>
    /** No more events are sent after this signal aborts. */
    stopping: AbortSignal
  }) {
    this.#ledger = parts.ledger
    this.#leases = parts.leases
    this.#sender = parts.sender
    this.#retries = parts.retries
    this.#clock = parts.clock
    this.#options = parts.options
    this.#logger = parts.logger
    this.#stopping = parts.stopping
    this.#restored = parts.restored
  }

  /**
   * Delivers until `stopping` aborts. Checks the outbox at intervals, and soon after this process adds usage
   * to it. The timers for the pauses don't keep the process running.
   */
  async run(stopping: AbortSignal): Promise<void> {
    const gathering = new Gathering({ clock: this.#clock, options: this.#options })
    const stopListening = this.#ledger.onCommit((command) => {
      if (command.type !== 'settle' && command.type !== 'expire') return
      this.#retries.retryCustomerNow(command.customer)
      gathering.add(1)
    })
    const stop = () => gathering.stop()
    stopping.addEventListener('abort', stop)
    try {
      while (!stopping.aborted) {
        gathering.reset()
        const state = await this.#passInTurn().catch((error: unknown): PassState => {
          if (!isOutage(error)) this.#logger.error({ error: String(error) }, 'delivery failed')
          return 'failed'
        })
        const { untilWokenMs: idleMs, alwaysMs } = this.#retries.pausesAfter(state)
        if (alwaysMs > 0) await sleep(this.#clock, alwaysMs, stopping, { keepAlive: false })
        if (idleMs > 0) await gathering.wait({ idleMs, ...this.#retries.load })
      }
    } finally {
      stopListening()
      stopping.removeEventListener('abort', stop)
    }
  }

  /**
   * Delivers immediately, until no usage is waiting. Returns false if some usage can't be delivered now, for
   * example because Flowglad doesn't respond.
   */
  async drain(): Promise<boolean> {
    this.#retries.retryAllCustomersNow()
    const giveUpAt = this.#clock.now() + this.#options.flowgladDeadlineMs
    for (;;) {
      const state = await this.#passInTurn()
      if (state === 'unavailable' || state === 'failed') return false
      if (state === 'progress') continue
      if ((await this.#ledger.health()).waiting === 0) return true
      if (state === 'blocked' || this.#retries.customersBackingOff() > 0) return false
      // The remaining events may need a lease that a fetch holds. Wait for the fetch, but not beyond the
      // deadline.
      if (this.#clock.now() > giveUpAt) return false
      await sleep(this.#clock, 20)
    }
  }

  isUnavailable(): boolean {
    return this.#retries.isUnavailable
  }

  /** Runs a pass after all earlier passes have ended, so that passes never overlap. */
  #passInTurn(): Promise<PassState> {
    const pass = this.#lastPass.then(() => this.#pass())
    this.#lastPass = pass.catch(() => {})
    return pass
  }

  async #pass(): Promise<PassState> {
    // Deliver nothing until recovery has ended: Flowglad may already have the usage under an attempt that the
    // ledger has lost.
    const check = await this.#restored.tryCheck()
    if (check !== 'checked') return check
    if (this.#restored.isRecovering) return 'blocked'
    const held = new Set<Lease>()
    try {
      const { taken, hasMore } = await this.#takeLeases(held)
      if (taken.length === 0) return 'idle'
      // Check again, because a backup may have replaced the ledger, or another node may have recorded a
      // restore.
      if (!(await this.#restored.isStillReady())) return 'blocked'
      const { unavailable, timedOut, resolved } = await this.#sendAll(
        taken.flatMap(({ sendings }) => sendings),
        held,
      )
      this.#retries.adaptLoad({ unavailable, timedOut })
      for (const { lease, sendings, share, isComplete, skipped } of taken) {
        const canLookFurther = !isComplete && this.#retries.canSkipMore(skipped)
        const events = sendings.map(({ event }) => event)
        this.#retries.customerTried(lease.customer, events, canLookFurther)
        if (!isComplete && !unavailable) this.#shares.tooSmall(lease.customer, share)
      }
      if (resolved > 0) return hasMore || unavailable ? 'progress' : 'delivered'
      return unavailable ? 'unavailable' : 'blocked'
    } finally {
      await allEnded([...held].map((lease) => lease.leave()))
    }
  }

  /**
   * Takes the leases of customers with undelivered usage. Adds each lease to `held` immediately, so that the
   * caller can end the lease even if this method rejects. Returns whether more events may be waiting.
   */
  async #takeLeases(held: Set<Lease>): Promise<{ taken: Taken[]; hasMore: boolean }> {
    // Take about as many events as one round of requests can carry. A lease that waits for a later round
    // would delay its customer's fetch.
    const { requests, eventsPerRequest } = this.#retries.load
    const room = requests * eventsPerRequest
    const limit = room + this.#retries.customersBackingOff()
    const waiting = await this.#ledger.customersToDeliver(limit)
    const due = waiting.filter((customer) => !this.#retries.isCustomerBackingOff(customer))
    const shares = this.#shares.divide(due, room)
    const skippedEvents = this.#retries.skippedEvents()
    const taken: Taken[] = []
    await allEnded(
      shares.map(async ({ customer, share }) => {
        const skipped = skippedEvents.get(customer) ?? 0
        // Take one event more than the share, to learn whether the customer has more.
        const maxEvents = Math.min(room, share + 1) + skipped
        const lease = await this.#leases.tryDeliver(customer, maxEvents)
        if (!lease) return
        held.add(lease)
        const sendings = [...lease.ambiguous, ...lease.events].map((event) => ({ event, lease }))
        taken.push({ lease, sendings, share, skipped, isComplete: sendings.length < maxEvents })
      }),
    )
    const hasMore =
      shares.length < due.length || waiting.length === limit || taken.some(({ isComplete }) => !isComplete)
    return { taken, hasMore }
  }

  /**
   * Sends the events in several concurrent requests. Ends each lease after its last event, and removes the
   * lease from `held`.
   */
  async #sendAll(sendings: Sending[], held: Set<Lease>): Promise<SendResult> {
    const { requests, eventsPerRequest } = this.#retries.load
    const total: SendResult = { unavailable: false, timedOut: false, resolved: 0 }
    const unsent = new Map<Lease, number>()
    for (const { lease } of sendings) unsent.set(lease, (unsent.get(lease) ?? 0) + 1)
    const queue = [...sendings]
    const sendInTurn = async () => {
      while (queue.length > 0 && !total.unavailable && !this.#stopping.aborted) {
        const batch = queue.splice(0, eventsPerRequest)
        const result = await this.#sender.send(batch)
        total.unavailable ||= result.unavailable
        total.timedOut ||= result.timedOut
        total.resolved += result.resolved
        const done: Lease[] = []
        for (const { lease } of batch) {
          const left = (unsent.get(lease) ?? 0) - 1
          unsent.set(lease, left)
          if (left === 0 && held.delete(lease)) done.push(lease)
        }
        // End these leases concurrently, so that the commands share a transaction.
        await allEnded(done.map((lease) => lease.leave()))
      }
    }
    await allEnded(Array.from({ length: requests }, sendInTurn))
    return total
  }
}

/**
 * Waits for all tasks to end, even if one fails, so that the caller doesn't end a lease that a task still
 * uses. Then throws the first error.
 */
async function allEnded(running: Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(running)) if (end.status === 'rejected') throw end.reason
}
