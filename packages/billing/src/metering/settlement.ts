import { type CostBasis, hasCounted, type MeteredLeg } from './cost.ts'
import type { OutputEnd } from './meteredOutput.ts'
import type { Counted } from './renewHold.ts'

/** The values that settle a hold: each leg's actual amount, and the data to store with the charge. */
export interface Settlement {
  amounts: { meter: string; amount: number; flagged: string | null }[]
  /** The result as JSON, stored for retries under the key. */
  result: string | null
  reference: string | null
}

/** Returns the cost of the usage that the work has counted so far. Omits legs that have counted nothing. */
export const countedUnits = (legs: MeteredLeg[]): Counted =>
  legs.filter(hasCounted).flatMap((leg) => {
    const { amount } = leg.actual(undefined, 'counted')
    return amount > 0 ? [{ meter: leg.meter, amount }] : []
  })

/** Returns the actual amounts and closes the usage counters, so that no more usage can be added. */
export function settlementOf(
  legs: MeteredLeg[],
  output: unknown,
  { basis, result, reference }: { basis: CostBasis; result: string | null; reference: string | null },
): Settlement {
  const amounts = legs.map((leg) => {
    leg.usage.close()
    const { amount, flagged } = leg.actual(output, basis)
    return { meter: leg.meter, amount, flagged }
  })
  return { amounts, result, reference }
}

/**
 * Returns the ID from the output, or null. The work has succeeded, so a failing callback must not make the
 * call fail.
 */
export function referenceOf<Output>(
  reference: ((output: Output) => string) | undefined,
  output: Output,
): string | null {
  try {
    const id = reference?.(output)
    return typeof id === 'string' && id !== '' ? id.slice(0, 256) : null
  } catch {
    return null
  }
}

/** Returns the cost basis of an output that has ended. */
export function basisOf(how: OutputEnd, wasRead: boolean): CostBasis {
  if (how === 'finished') return 'work'
  if (how === 'stopped') return 'stopped'
  return how === 'left' && wasRead ? 'left' : 'counted'
}
