import { randomUUID } from 'node:crypto'
import { type Clock, sleep } from '../config/clock.ts'
import type { UsageEvent } from '../ledger/answers.ts'
import type { Acknowledge, EventId } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The exclusive right to fetch one customer's snapshot or deliver the customer's events. */
export interface Lease {
  customer: string
  token: string
  /**
   * Events that an earlier lease holder sent without learning the outcome. These events must be sent again.
   */
  ambiguous: UsageEvent[]
  /** Events that were marked as sent when this lease was taken. */
  events: UsageEvent[]
  /**
   * For each of `events`, the number of consecutive conclusive rejections. An event has no entry while it is
   * being sent, or after any other outcome, because Flowglad might have recorded it. An event counts as rejected
   * twice if Flowglad's list proves its absence.
   */
  rejections: Map<UsageEvent, number>
  /**
   * Extends the lease if it could expire before the next request's deadline. Call this before each request.
   * Returns false if the lease is lost.
   */
  keep(): Promise<boolean>
  /**
   * Extends the lease, and notes again which usage is acknowledged and which is ambiguous. Returns false if
   * the lease is lost.
   */
  renote(): Promise<boolean>
  /**
   * Records that Flowglad has these events. The acknowledgement of a delivery's last event also ends the
   * lease.
   */
  acknowledge(events: Acknowledge['events']): Promise<void>
  /**
   * Ends the lease, unless it has already ended. Unsent events, and events with two conclusive rejections in
   * a row, return to their previous state.
   */
  leave(): Promise<void>
}

export type Leases = ReturnType<typeof createLeases>

/**
 * Creates the functions that take leases. A customer has at most one lease at a time. A snapshot must not be
 * fetched during a delivery: the ledger couldn't tell whether the snapshot includes the delivered usage. The
 * lease in the ledger keeps other nodes from fetching or delivering at the same time. Callers in the same
 * process wait in a queue, without querying the ledger.
 */
export function createLeases({ ledger, clock, leaseMs }: { ledger: Ledger; clock: Clock; leaseMs: number }) {
  const turns = createTurns(clock)

  async function request(
    customer: string,
    purpose: 'fetch' | 'deliver',
    maxEvents: number,
  ): Promise<Lease | null> {
    const token = randomUUID()
    let extendedAt = clock.now()
    const command = { type: 'takeLease', customer, token, purpose, leaseMs } as const
    const answer = await ledger.execute({ ...command, maxEvents, extend: false })
    if (answer.state === 'busy') return null
    const unacknowledged = new Set([...answer.ambiguous, ...answer.events].map(idOf))
    let hasEnded = false
    const end = () => {
      if (!hasEnded) turns.end(customer)
      hasEnded = true
    }
    const lease: Lease = {
      customer,
      token,
      ambiguous: answer.ambiguous,
      events: answer.events,
      rejections: new Map(answer.events.map((event) => [event, 0])),
      async keep() {
        if (clock.now() - extendedAt < leaseMs / 3) return true
        return lease.renote()
      },
      async renote() {
        const at = clock.now()
        const renewed = await ledger.execute({ ...command, maxEvents: 0, extend: true })
        if (renewed.state === 'busy') return false
        extendedAt = at
        lease.ambiguous = renewed.ambiguous
        return true
      },
      async acknowledge(events) {
        for (const event of events) unacknowledged.delete(idOf(event))
        // After its last acknowledgement, a delivery no longer needs its lease. A fetch needs its lease until
        // the install.
        const isLast = purpose === 'deliver' && unacknowledged.size === 0
        const acknowledge = { type: 'acknowledge', customer, events } as const
        await ledger.execute(isLast ? { ...acknowledge, endsLease: token } : acknowledge)
        if (isLast) end()
      },
      async leave() {
        if (hasEnded) return
        const untaken = [...lease.rejections]
          .filter(([, rejections]) => rejections !== 1)
          .map(([{ attempt, meter }]) => ({ attempt, meter }))
        try {
          await ledger.execute({ type: 'leaveLease', customer, token, untaken })
        } finally {
          end()
        }
      },
    }
    return lease
  }

  return {
    /**
     * Takes the lease for delivery, with up to `maxEvents` events, including ambiguous events. Returns null
     * immediately if the lease is taken.
     */
    async tryDeliver(customer: string, maxEvents: number): Promise<Lease | null> {
      if (!turns.tryStart(customer)) return null
      const lease = await request(customer, 'deliver', maxEvents).catch((error) => {
        turns.end(customer)
        throw error
      })
      if (!lease) turns.end(customer)
      return lease
    },

    /** Takes the lease for a fetch. Returns null if the lease is still taken after `maxWaitMs`. */
    async takeForFetch(customer: string, maxWaitMs: number): Promise<Lease | null> {
      const giveUpAt = clock.now() + maxWaitMs
      if (!(await turns.start(customer, maxWaitMs))) return null
      try {
        for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 250)) {
          const lease = await request(customer, 'fetch', 0)
          if (lease) return lease
          if (clock.now() >= giveUpAt) break
          await sleep(clock, pauseMs)
        }
      } catch (error) {
        turns.end(customer)
        throw error
      }
      turns.end(customer)
      return null
    },
  }
}

const idOf = ({ attempt, meter }: EventId) => `${attempt} ${meter}`

/**
 * Creates one queue per customer for the callers in this process. Call `end` once for each turn that has
 * started.
 */
function createTurns(clock: Clock) {
  const queues = new Map<string, (() => void)[]>()

  const tryStart = (customer: string) => {
    if (queues.has(customer)) return false
    queues.set(customer, [])
    return true
  }

  return {
    tryStart,

    /** Waits for a turn in the customer's queue. Resolves to false after `maxWaitMs`. */
    start: (customer: string, maxWaitMs: number) =>
      new Promise<boolean>((resolve) => {
        if (tryStart(customer)) return resolve(true)
        const queue = queues.get(customer) ?? []
        const begin = () => {
          cancel()
          resolve(true)
        }
        const cancel = clock.after(maxWaitMs, () => {
          queue.splice(queue.indexOf(begin), 1)
          resolve(false)
        })
        queue.push(begin)
      }),

    end(customer: string) {
      const next = queues.get(customer)?.shift()
      if (next) next()
      else queues.delete(customer)
    },
  }
}
