import { randomUUID } from 'node:crypto'
import { type Clock, sleep } from '../config/clock.ts'
import type { UsageEvent } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The right to talk to Flowglad about one customer. */
export interface Lease {
  customer: string
  token: string
  /** Sent before, their fate unknown: to be sent again. */
  ambiguous: UsageEvent[]
  /** Marked sent just now. */
  events: UsageEvent[]
  /**
   * Of `events`, those that Flowglad has not taken: how often Flowglad itself has rejected them, one after the other. Taken out while a request with
   * them is on its way, and for good when its answer was anything but a rejection: they were accepted, or nobody knows.
   */
  rejections: Map<UsageEvent, number>
  /** Before each request: true while the lease is ours for longer than any deadline. Who lost it stops. */
  keep(): Promise<boolean>
  /** Notes anew what is acknowledged and what is ambiguous. False: the lease was lost. */
  renote(): Promise<boolean>
  /** Gives back what was not sent, or was rejected twice in a row. */
  leave(): Promise<void>
}

/**
 * One rejection alone tells little: Flowglad may fail after recording the event. Asked once more it would answer with what it has, unless it fails again:
 * then the event waits although Flowglad has it, and until the next fetch its units are subtracted twice. Too little can be spent then, never too much.
 */
const isUntaken = (rejections: number) => rejections !== 1

export type Leases = ReturnType<typeof createLeases>
type Purpose = 'fetch' | 'deliver'

/**
 * Sync leases, one per customer: fetching a snapshot and delivering usage exclude each other, or a snapshot would be credited with usage that it
 * already contains. The ledger's lease decides between nodes; inside one process they take turns without asking it.
 */
export function createLeases({ ledger, clock, leaseMs }: { ledger: Ledger; clock: Clock; leaseMs: number }) {
  const waiting = new Map<string, (() => void)[]>()

  const enter = (customer: string) => {
    if (waiting.has(customer)) return false
    waiting.set(customer, [])
    return true
  }
  const exit = (customer: string) => {
    const next = waiting.get(customer)?.shift()
    if (next) next()
    else waiting.delete(customer)
  }

  /** In the queue of this process, at most `patienceMs`; false when the turn did not come. */
  const turn = (customer: string, patienceMs: number) =>
    new Promise<boolean>((resolve) => {
      const queue = waiting.get(customer) ?? []
      const mine = () => {
        cancel()
        resolve(true)
      }
      const cancel = clock.after(patienceMs, () => {
        queue.splice(queue.indexOf(mine), 1)
        resolve(false)
      })
      queue.push(mine)
    })

  async function request(customer: string, purpose: Purpose, maxEvents: number): Promise<Lease | null> {
    const token = randomUUID()
    let extendedAt = clock.now()
    const command = { type: 'takeLease', customer, token, purpose, leaseMs } as const
    const answer = await ledger.execute({ ...command, maxEvents, extend: false })
    if (answer.state === 'busy') return null
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
        const again = await ledger.execute({ ...command, maxEvents: 0, extend: true })
        if (again.state === 'busy') return false
        extendedAt = at
        lease.ambiguous = again.ambiguous
        return true
      },
      async leave() {
        try {
          const untaken = [...lease.rejections].flatMap(([{ attempt, meter }, rejections]) =>
            isUntaken(rejections) ? [{ attempt, meter }] : [],
          )
          await ledger.execute({ type: 'leaveLease', customer, token, untaken })
        } finally {
          exit(customer)
        }
      },
    }
    return lease
  }

  return {
    /** The lease for delivering at most so many events more than the ambiguous ones, if it is free; otherwise null at once. */
    async tryDeliver(customer: string, maxEvents: number): Promise<Lease | null> {
      if (!enter(customer)) return null
      const lease = await request(customer, 'deliver', maxEvents).catch((error) => {
        exit(customer)
        throw error
      })
      if (!lease) exit(customer)
      return lease
    },

    /** Waits for the lease for a fetch, at most `patienceMs`. */
    async takeForFetch(customer: string, patienceMs: number): Promise<Lease | null> {
      const giveUpAt = clock.now() + patienceMs
      if (!enter(customer) && !(await turn(customer, patienceMs))) return null
      try {
        for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 250)) {
          const lease = await request(customer, 'fetch', 0)
          if (lease) return lease
          if (clock.now() >= giveUpAt) break
          await sleep(clock, pauseMs)
        }
      } catch (error) {
        exit(customer)
        throw error
      }
      exit(customer)
      return null
    },
  }
}
