import { z } from 'zod'
import { percentile } from '../statistics.ts'

/** The number of concurrent callers, the number of customers, and when to stop. */
export const loadShape = z.object({
  callers: z.number(),
  customers: z.number(),
  /** The duration for which callers start new calls. Default: until `calls` calls have started. */
  durationMs: z.number().optional(),
  /** The maximum number of calls. Default: no limit. */
  calls: z.number().optional(),
  /** The index of the first call's customer. Later calls use the next customers in turn. Default: 0. */
  first: z.number().optional(),
})
export type LoadShape = z.infer<typeof loadShape>

export interface LoadResult {
  /** The number of successful calls per customer. */
  answered: number[]
  failures: number
  firstFailure: string | null
  perSecond: number
  p50Ms: number
  p99Ms: number
}

/** A run stops after more failures than this, because its figures would be useless. */
const maxFailures = 100

/**
 * Runs `call` in a closed loop: each caller starts its next call when its previous call ends. The calls are
 * divided evenly among the customers.
 */
export async function closedLoop(
  {
    callers,
    customers,
    durationMs = Number.POSITIVE_INFINITY,
    calls = Number.POSITIVE_INFINITY,
    first = 0,
  }: LoadShape,
  call: (customer: number) => Promise<unknown>,
): Promise<LoadResult> {
  const answered = new Array<number>(customers).fill(0)
  const latencies: number[] = []
  const failures: string[] = []
  let started = 0
  const began = performance.now()
  const end = began + durationMs
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (started < calls && performance.now() < end && failures.length <= maxFailures) {
        const customer = (first + started) % customers
        started += 1
        const callBegan = performance.now()
        try {
          await call(customer)
          latencies.push(performance.now() - callBegan)
          answered[customer] = (answered[customer] ?? 0) + 1
        } catch (error) {
          failures.push(error instanceof Error ? error.message : String(error))
        }
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const sorted = Float64Array.from(latencies).sort()
  return {
    answered,
    failures: failures.length,
    firstFailure: failures[0] ?? null,
    perSecond: latencies.length / seconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  }
}
