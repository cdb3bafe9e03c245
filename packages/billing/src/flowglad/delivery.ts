import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Lease, Leases } from './leases.ts'
import { type EventSender, mostPassedOver, type Sending } from './sendEvents.ts'

const customersAtOnce = 100

/** `rejected`: what was tried is not taken, not even alone. */
interface Pass {
  state: 'away' | 'progress' | 'rejected' | 'nothing'
}

export type Delivery = ReturnType<typeof createDelivery>

/** Empties the outbox: takes the leases of customers with usage to deliver, packs their events into bulks, and backs off while Flowglad is away. */
export function createDelivery({
  ledger,
  leases,
  sender,
  clock,
  options,
  logger,
  stopping,
}: {
  ledger: Ledger
  leases: Leases
  sender: EventSender
  clock: Clock
  options: BillingOptions
  logger: Logger
  /** From its abort on nothing more is sent. */
  stopping: AbortSignal
}) {
  const restingUntil = new Map<string, number>()
  const { pace } = sender
  let failed = 0
  let wanted = false
  let interrupt = () => {}
  let passing: Promise<unknown> = Promise.resolve()

  /** One look at the outbox. */
  async function pass(): Promise<Pass> {
    const now = clock.now()
    for (const [customer, until] of restingUntil) if (until <= now) restingUntil.delete(customer)
    // No more than travels at once: a lease that waits for other customers' bulks keeps its own customer from a fetch.
    const room = pace.bulks * pace.bulkSize
    const waiting = await ledger.customersToDeliver(customersAtOnce + restingUntil.size)
    const due = waiting
      .filter((customer) => !restingUntil.has(customer))
      .slice(0, Math.min(customersAtOnce, room))
    const eventsEach = Math.min(options.bulkMaxEvents, Math.ceil(room / due.length))
    const passedOver = sender.passedOver()
    // Those come first, being the oldest, and are not sent: they must not take the places of what is.
    const pastOf = (customer: string) => passedOver.get(customer) ?? 0
    const held = new Set<Lease>()
    const take = async (customer: string) => {
      const lease = await leases.tryDeliver(customer, eventsEach + pastOf(customer))
      if (lease) held.add(lease)
    }
    try {
      await allEnded(due.map(take))
      const taken = [...held]
      const batches = pack(taken, pace.bulkSize)
      const unsent = new Map<Lease, number>()
      for (const { lease } of batches.flat()) unsent.set(lease, (unsent.get(lease) ?? 0) + 1)
      let away = false
      let timedOut = false
      let decided = 0
      const sendSome = async () => {
        while (!away && !stopping.aborted) {
          const batch = batches.shift()
          if (!batch) return
          const result = await sender.send(batch)
          away ||= result.away
          timedOut ||= result.timedOut
          decided += result.decided
          for (const { lease } of batch) {
            const left = (unsent.get(lease) ?? 0) - 1
            unsent.set(lease, left)
            if (left === 0 && held.delete(lease)) await lease.leave()
          }
        }
      }
      await allEnded(Array.from({ length: pace.bulks }, sendSome))
      if (away || taken.length > 0) sender.adapt({ away, timedOut })
      for (const { customer, ambiguous, events } of taken) {
        const them = [...ambiguous, ...events]
        const past = pastOf(customer)
        const canLookFurther = them.length >= eventsEach + past && past < mostPassedOver
        const until = sender.restsUntil(them, canLookFurther)
        if (until > now) restingUntil.set(customer, until)
      }
      return { state: decided > 0 ? 'progress' : away ? 'away' : taken.length > 0 ? 'rejected' : 'nothing' }
    } finally {
      await allEnded([...held].map((lease) => lease.leave()))
    }
  }

  /** Passes do not overlap, whoever asks for one. */
  function passInTurn(): Promise<Pass> {
    const turn = passing.then(pass)
    passing = turn.catch(() => {})
    return turn
  }

  // New usage is worth an attempt at once.
  ledger.onCommit(({ type, customer }) => {
    if (type !== 'settle' && type !== 'expire') return
    restingUntil.delete(customer)
    wanted = true
    interrupt()
  })

  return {
    async run() {
      stopping.addEventListener('abort', () => interrupt())
      while (!stopping.aborted) {
        wanted = false
        const { state } = await passInTurn().catch((error: unknown): Pass => {
          logger.error({ error: String(error) }, 'delivery failed')
          return { state: 'away' }
        })
        failed = state === 'away' ? failed + 1 : 0
        if (state === 'away') {
          const pauseMs = Math.min(options.deliverMaxPauseMs, 500 * 2 ** Math.min(failed, 10))
          await sleep(clock, pauseMs * (0.5 + Math.random() / 2), stopping)
        } else if (state !== 'progress' && !wanted) {
          const idle = new AbortController()
          interrupt = () => idle.abort()
          if (!stopping.aborted) await sleep(clock, options.deliverEveryMs, idle.signal)
          interrupt = () => {}
        }
        // Calls that end together travel together.
        if (!stopping.aborted) await sleep(clock, Math.min(50, options.deliverEveryMs), stopping)
      }
    },

    /** Delivers now until nothing waits; false when Flowglad is away or does not take what is left. */
    async drain(): Promise<boolean> {
      restingUntil.clear()
      const giveUpAt = clock.now() + options.flowgladDeadlineMs
      for (;;) {
        const { state } = await passInTurn()
        if (state === 'away') return false
        if (state === 'progress') continue
        if ((await ledger.health()).waiting === 0) return true
        // What is left is rejected, or its lease is taken for a fetch.
        if (state === 'rejected' || restingUntil.size > 0 || clock.now() > giveUpAt) return false
        await sleep(clock, 20)
      }
    },

    isAway: () => failed > 0,
  }
}

/** Throws what one of them threw only when none runs any more: none may go on with a lease that was left. */
async function allEnded(running: Promise<void>[]) {
  for (const end of await Promise.allSettled(running)) if (end.status === 'rejected') throw end.reason
}

/** Bulks of at most `size` events of any customers. */
function pack(taken: Lease[], size: number): Sending[][] {
  const sendings = taken.flatMap((lease) =>
    [...lease.ambiguous, ...lease.events].map((event) => ({ event, lease })),
  )
  const batches: Sending[][] = []
  for (let start = 0; start < sendings.length; start += size)
    batches.push(sendings.slice(start, start + size))
  return batches
}
