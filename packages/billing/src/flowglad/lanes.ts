import { randomUUID } from 'node:crypto'
import { type Clock, sleep } from '../clock.ts'
import type { UsageEvent } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The right to talk to Flowglad about one customer. */
export interface Lane {
  customer: string
  token: string
  /** Sent before, their fate unknown: to be sent again. */
  ambiguous: UsageEvent[]
  /** Marked sent just now. */
  events: UsageEvent[]
  /** Before each request: true while the lane is ours for longer than any deadline. Who lost it stops. */
  keep(): Promise<boolean>
  /** Notes anew what is acknowledged and what is ambiguous. False: the lane was lost. */
  renote(): Promise<boolean>
  leave(): Promise<void>
}

export type Lanes = ReturnType<typeof createLanes>
type Purpose = 'fetch' | 'deliver'

/**
 * Sync lanes, one per customer: fetching a snapshot and delivering usage exclude each other, or a snapshot would be credited with usage that it
 * already contains. The ledger's lease decides between nodes; inside one process they take turns without asking it.
 */
export function createLanes({
  ledger,
  clock,
  leaseMs,
  maxEvents,
}: {
  ledger: Ledger
  clock: Clock
  leaseMs: number
  maxEvents: number
}) {
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

  async function lease(customer: string, purpose: Purpose): Promise<Lane | null> {
    const token = randomUUID()
    let extendedAt = clock.now()
    const take = (maxEvents: number) =>
      ledger.execute({ type: 'takeLane', customer, token, purpose, leaseMs, maxEvents })
    const answer = await take(purpose === 'deliver' ? maxEvents : 0)
    if (answer.state === 'busy') return null
    const lane: Lane = {
      customer,
      token,
      ambiguous: answer.ambiguous,
      events: answer.events,
      async keep() {
        if (clock.now() - extendedAt < leaseMs / 3) return true
        return lane.renote()
      },
      async renote() {
        const at = clock.now()
        const again = await take(0)
        if (again.state === 'busy') return false
        extendedAt = at
        lane.ambiguous = again.ambiguous
        return true
      },
      async leave() {
        try {
          await ledger.execute({ type: 'leaveLane', customer, token })
        } finally {
          exit(customer)
        }
      },
    }
    return lane
  }

  return {
    /** The lane if it is free, otherwise null at once. */
    async tryTake(customer: string, purpose: Purpose): Promise<Lane | null> {
      if (!enter(customer)) return null
      const lane = await lease(customer, purpose).catch((error) => {
        exit(customer)
        throw error
      })
      if (!lane) exit(customer)
      return lane
    },

    /** Waits for the lane, at most `patienceMs`; `taking` is called just before each attempt, since what comes later is not in the notes. */
    async take(
      customer: string,
      purpose: Purpose,
      patienceMs: number,
      taking: () => void,
    ): Promise<Lane | null> {
      const giveUpAt = clock.now() + patienceMs
      if (!enter(customer)) await new Promise<void>((turn) => waiting.get(customer)?.push(turn))
      try {
        for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 250)) {
          taking()
          const lane = await lease(customer, purpose)
          if (lane) return lane
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
