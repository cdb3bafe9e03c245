import { type TurnSettings, Turns } from './turns.ts'

export interface FairQueueSettings extends TurnSettings {
  /** How long a job can wait before the queue refuses it. */
  maxWaitMs: number
  /** How long a refused caller should wait before trying again. */
  retryAfterMs: number
}

/** The customer whose turn a job uses. If `signal` aborts, a waiting job leaves the queue. */
export interface Caller {
  customer: string
  signal?: AbortSignal | undefined
}

/** The error for a job that finds the queue full or has waited too long. The job hasn't started. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
  constructor(readonly retryAfterMs: number) {
    super('Too many calls are waiting')
  }
}

export interface FairQueue {
  /** Waits for the customer's turn and then does the work. */
  run<Result>(caller: Caller, work: () => Promise<Result>): Promise<Result>
  /**
   * Waits for the customer's turn and then yields the items of the stream that `open` returns. The turn ends
   * when the stream ends, or after `maxMs` at the latest, even if the reader has stalled. After `maxMs`, also
   * aborts the signal that `open` received.
   */
  stream<Item>(
    caller: Caller & { maxMs: number },
    open: (signal: AbortSignal) => AsyncIterable<Item>,
  ): AsyncGenerator<Item>
}

/**
 * Creates a queue in which customers take turns (see turns.ts). `run` and `stream` reject with `QueueFullError` if
 * the queue is full or the job has waited too long. If the caller's signal aborts while the job waits, `run` and
 * `stream` reject with the signal's reason.
 */
export function createFairQueue({ maxWaitMs, retryAfterMs, ...settings }: FairQueueSettings): FairQueue {
  const turns = new Turns<Waiter>(settings)

  function startJobs() {
    for (let next = turns.next(); next; next = turns.next()) next.job.start()
  }

  /** Waits for the customer's turn. Returns a function that ends the turn. */
  const enter = ({ customer, signal }: Caller) =>
    new Promise<() => void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stopWaiting = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const refuse = (reason: unknown) => {
        stopWaiting()
        turns.remove(customer, waiter)
        reject(reason)
      }
      const onAbort = () => refuse(signal?.reason)
      const full = () => refuse(new QueueFullError(retryAfterMs))
      const timer = setTimeout(full, maxWaitMs)
      const waiter: Waiter = {
        full,
        start() {
          stopWaiting()
          let hasEnded = false
          resolve(() => {
            if (hasEnded) return
            hasEnded = true
            turns.end(customer)
            startJobs()
          })
        },
      }
      signal?.addEventListener('abort', onAbort)
      turns.add(customer, waiter)?.full()
      startJobs()
    })

  return {
    async run(caller, work) {
      const end = await enter(caller)
      try {
        return await work()
      } finally {
        end()
      }
    },

    async *stream({ maxMs, ...caller }, open) {
      const end = await enter(caller)
      const deadline = AbortSignal.timeout(maxMs)
      deadline.addEventListener('abort', end)
      try {
        yield* open(caller.signal ? AbortSignal.any([caller.signal, deadline]) : deadline)
      } finally {
        deadline.removeEventListener('abort', end)
        end()
      }
    },
  }
}

interface Waiter {
  start(): void
  full(): void
}
