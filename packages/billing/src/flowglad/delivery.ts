import { type Clock, sleep } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Logger } from '../logger.ts'
import type { BillingOptions } from '../options.ts'
import type { Lane, Lanes } from './lanes.ts'
import type { EventSender, Sending } from './sendEvents.ts'

const customersAtOnce = 100

/** `refused`: what was tried is not taken, not even alone. */
interface Pass {
  state: 'away' | 'progress' | 'refused' | 'nothing'
}

export type Delivery = ReturnType<typeof createDelivery>

/** Empties the outbox: takes the lanes of customers with usage to deliver, packs their events into bulks, and backs off while Flowglad is away. */
export function createDelivery({
  ledger,
  lanes,
  sender,
  clock,
  options,
  logger,
}: {
  ledger: Ledger
  lanes: Lanes
  sender: EventSender
  clock: Clock
  options: BillingOptions
  logger: Logger
}) {
  const restingUntil = new Map<string, number>()
  let bulks = options.maxBulks
  let bulkSize = options.bulkMaxEvents
  let failed = 0
  let wanted = false
  let interrupt = () => {}
  let passing: Promise<unknown> = Promise.resolve()

  /** One look at the outbox. */
  async function pass(): Promise<Pass> {
    const now = clock.now()
    for (const [customer, until] of restingUntil) if (until <= now) restingUntil.delete(customer)
    const waiting = await ledger.customersToDeliver(customersAtOnce + restingUntil.size)
    const due = waiting.filter((customer) => !restingUntil.has(customer)).slice(0, customersAtOnce)
    const taken = (await Promise.all(due.map((customer) => lanes.tryTake(customer, 'deliver')))).filter(
      (lane) => lane !== null,
    )
    try {
      const batches = pack(taken, bulkSize)
      let away = false
      let timedOut = false
      let decided = 0
      const sendSome = async () => {
        for (let batch = batches.shift(); batch && !away; batch = batches.shift()) {
          const result = await sender.send(batch)
          away ||= result.away
          timedOut ||= result.timedOut
          decided += result.decided
        }
      }
      await Promise.all(Array.from({ length: bulks }, sendSome))
      if (timedOut) {
        bulks = Math.max(1, bulks >> 1)
        bulkSize = Math.max(1, bulkSize >> 1)
      } else if (!away && taken.length > 0) {
        bulks = Math.min(options.maxBulks, bulks * 2)
        bulkSize = Math.min(options.bulkMaxEvents, bulkSize * 2)
      }
      for (const { customer, ambiguous, events } of taken) {
        const resting = [...ambiguous, ...events].filter(sender.isResting)
        if (resting.length > 0) restingUntil.set(customer, sender.restsUntil(resting))
      }
      return { state: away ? 'away' : decided > 0 ? 'progress' : taken.length > 0 ? 'refused' : 'nothing' }
    } finally {
      await Promise.all(taken.map((lane) => lane.leave()))
    }
  }

  /** Passes do not overlap, whoever asks for one. */
  function passInTurn(): Promise<Pass> {
    const turn = passing.then(pass)
    passing = turn.catch(() => {})
    return turn
  }

  return {
    /** There may be something to deliver. */
    wake(customer?: string) {
      if (customer) restingUntil.delete(customer)
      wanted = true
      interrupt()
    },

    async run(signal: AbortSignal) {
      signal.addEventListener('abort', () => interrupt())
      while (!signal.aborted) {
        wanted = false
        const { state } = await passInTurn().catch((error: unknown): Pass => {
          logger.error({ error: String(error) }, 'delivery failed')
          return { state: 'away' }
        })
        failed = state === 'away' ? failed + 1 : 0
        if (state === 'away') {
          const pauseMs = Math.min(options.deliverMaxPauseMs, 500 * 2 ** Math.min(failed, 10))
          await sleep(clock, pauseMs * (0.5 + Math.random() / 2), signal)
        } else if (state !== 'progress' && !wanted) {
          const idle = new AbortController()
          interrupt = () => idle.abort()
          if (!signal.aborted) await sleep(clock, options.deliverEveryMs, idle.signal)
          interrupt = () => {}
        }
        // Calls that end together travel together.
        if (!signal.aborted) await sleep(clock, Math.min(50, options.deliverEveryMs), signal)
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
        // What is left is refused, or its lane is taken for a fetch.
        if (state === 'refused' || restingUntil.size > 0 || clock.now() > giveUpAt) return false
        await sleep(clock, 20)
      }
    },

    isAway: () => failed > 0,
  }
}

/** Bulks of at most `size` events of any customers. */
function pack(taken: Lane[], size: number): Sending[][] {
  const sendings = taken.flatMap((lane) =>
    [...lane.ambiguous, ...lane.events].map((event) => ({ event, lane })),
  )
  const batches: Sending[][] = []
  for (let start = 0; start < sendings.length; start += size)
    batches.push(sendings.slice(start, start + size))
  return batches
}
